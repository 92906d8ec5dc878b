"""How the local tier is installed from where this npcsim was, said the same way everywhere."""

from __future__ import annotations

from pathlib import Path

_HOW = """\
The local model tier is not installed: {command}
It compiles llama.cpp (some minutes), for which a C/C++ compiler and CMake are needed:
  Debian, Ubuntu   sudo apt install build-essential cmake
  Fedora           sudo dnf install gcc-c++ cmake
  macOS            xcode-select --install && brew install cmake
  Windows          Visual Studio Build Tools with "Desktop development with C++", and CMake
Without it, npcsim runs with --models off: bodies act, minds don't think."""


def install_command(package: Path | None = None) -> str:
    """What to type for the local tier. `package`: npcsim's own folder, to ask for another one.

    A clone installs itself, in its own folder and with its own pins, as the README does; where the
    package stands alone its name does.
    """
    clone = (package or Path(__file__).parents[2]).parent
    if (clone / "pyproject.toml").is_file() and (clone / "constraints.txt").is_file():
        return 'pip install -c constraints.txt -e ".[local]" (where npcsim was cloned to)'
    return 'pip install "npcsim[local]"'


def how_to_install() -> str:
    """The whole of it, with what the compiling needs on each system."""
    return _HOW.format(command=install_command())
