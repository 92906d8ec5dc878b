"""`npcsim watch`: a frame of a run or of a scenario, with no display; and no window without one."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.e2e.conftest import Morning
from tests.e2e.shell import npcsim, shell

pygame = pytest.importorskip("pygame")


def colours(picture: Path, box: tuple[int, int, int, int] | None = None) -> int:
    """How many colours a PNG holds, or a part of it (x, y, width, height)."""
    assert picture.read_bytes().startswith(b"\x89PNG\r\n")
    surface = pygame.image.load(str(picture))
    assert surface.get_size() == (1280, 720)
    part = surface if box is None else surface.subsurface(box)
    width, height = part.get_size()
    seen = {part.get_at_mapped((x, y)) for x in range(0, width, 2) for y in range(0, height, 2)}
    return len(seen)


def test_a_frame_of_a_run(morning: Morning, tmp_path: Path) -> None:
    said = npcsim("watch", morning.folder, "--shot", tmp_path / "x.png", "--at", "06:01")
    assert said.out == f"drew {tmp_path / 'x.png'}\n"
    assert colours(tmp_path / "x.png") > 100


def test_who_is_chosen_and_when_make_a_difference(morning: Morning, tmp_path: Path) -> None:
    def drawn(name: str, *args: str) -> bytes:
        npcsim("watch", morning.folder, "--shot", tmp_path / name, *args)
        return (tmp_path / name).read_bytes()

    plain = drawn("a.png", "--at", "06:01")
    assert drawn("b.png", "--at", "06:01") == plain
    assert drawn("c.png", "--at", "12") == plain  # ticks of 5 s
    assert drawn("d.png", "--at", "06:01", "--select", "Mara") != plain
    assert drawn("e.png", "--at", "06:00") != plain


def test_a_frame_of_a_scenario(tmp_path: Path) -> None:
    picture = tmp_path / "x.png"
    args = ("watch", "03_village_morning", "--models", "off", "--shot", picture)
    npcsim(*args, "--at", "06:05", "--select", "Mara", "--out", tmp_path / "runs")
    assert colours(picture) > 100
    assert not (tmp_path / "runs").exists()  # a picture leaves no run behind


def test_it_is_drawn_without_a_display(bodies: Morning, tmp_path: Path) -> None:
    picture = tmp_path / "x.png"
    blind = (
        "import os\n"
        "for name in ('DISPLAY', 'WAYLAND_DISPLAY', 'SDL_VIDEODRIVER', 'XDG_RUNTIME_DIR'):\n"
        "    os.environ.pop(name, None)"
    )
    shell("watch", bodies.folder, "--shot", picture, before=blind)
    assert colours(picture) > 100


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is always a display")
def test_a_window_without_a_display(bodies: Morning, tmp_path: Path) -> None:
    blind = (
        "import os\n"
        "for name in ('DISPLAY', 'WAYLAND_DISPLAY', 'SDL_VIDEODRIVER', 'XDG_RUNTIME_DIR'):\n"
        "    os.environ.pop(name, None)"
    )
    for what in (bodies.folder, "01_first_npc"):
        said = shell("watch", what, "--out", tmp_path / "runs", before=blind, code=1)
        assert said.err.startswith("npcsim: there is no display to open a window on")
        assert "--shot picture.png --at TIME" in said.err
        assert "Traceback" not in said.err
    assert not (tmp_path / "runs").exists()  # nothing was begun that nobody would see


def test_a_map_of_no_tiles_is_drawn_too(tmp_path: Path) -> None:
    npcsim("watch", "01_first_npc", "--shot", tmp_path / "x.png", "--at", "09:05")
    assert colours(tmp_path / "x.png") > 10


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--at", "05:59"], "--at 05:59 is after the end, day 1 06:06 (tick 80)"),
        (["--at", "06:07"], "--at 06:07 is after the end, day 1 06:06 (tick 80)"),
        (["--at", "81"], "--at 81 is after the end"),
        (["--at", "half past six"], "--at: expected a time"),
        (["--at", "25:00"], "--at: expected a time between 00:00 and 24:00"),
        (["--select", "Nobody"], "there is no NPC 'Nobody' in this run; there are "),
    ],
)
def test_what_it_can_not_draw(
    args: list[str], message: str, bodies: Morning, tmp_path: Path
) -> None:
    said = npcsim("watch", bodies.folder, "--shot", tmp_path / "x.png", *args, code=1)
    assert said.err.startswith("npcsim: ")
    assert message in said.err
    assert list(tmp_path.iterdir()) == []


def test_a_picture_that_can_not_be_written(bodies: Morning, tmp_path: Path) -> None:
    picture = tmp_path / "no" / "x.png"
    said = npcsim("watch", bodies.folder, "--shot", picture, code=1)
    assert said.err.startswith(f"npcsim: can't draw {picture}")


def test_a_model_that_is_not_fit_for_the_language_is_told_as_by_run(tmp_path: Path) -> None:
    sets = ["language=ko", "tiers.local.model=scripted", "tiers.local.languages=[en]"]
    words = [word for one in sets for word in ("--set", one)]
    shot = ("--shot", tmp_path / "x.png", "--at", "2")
    watched = npcsim("watch", "03_village_morning", *shot, *words)
    run = npcsim("run", "03_village_morning", "--ticks", 2, "--out", tmp_path, "--quiet", *words)
    (line,) = [line for line in run.err.splitlines() if "is not fit to choose in Korean" in line]
    assert line in watched.err


def test_it_is_neither_a_run_nor_a_scenario(tmp_path: Path) -> None:
    assert "there is no such file" in npcsim("watch", tmp_path / "x.yaml", code=2).err
    assert os.environ["SDL_VIDEODRIVER"] == "dummy"
