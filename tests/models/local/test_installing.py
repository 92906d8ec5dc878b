"""What to type for the local tier: the same everywhere, and what is right where npcsim stands."""

from __future__ import annotations

from pathlib import Path

from npcsim.models.local.installing import how_to_install, install_command

README = Path(__file__).parents[3] / "README.md"


def test_a_clone_is_installed_from_itself_as_the_readme_says(tmp_path: Path) -> None:
    for name in ("pyproject.toml", "constraints.txt"):
        (tmp_path / name).write_text("")
    said = install_command(tmp_path / "npcsim")
    assert said.startswith('pip install -c constraints.txt -e ".[local]"')
    assert '-e ".[local]"' in README.read_text(encoding="utf-8")


def test_a_package_is_installed_by_its_name(tmp_path: Path) -> None:
    assert install_command(tmp_path / "npcsim") == 'pip install "npcsim[local]"'


def test_the_whole_says_the_same_and_what_it_needs() -> None:
    assert install_command() in how_to_install()
    assert "CMake" in how_to_install()
