"""Films of a run: their frames, their files, and what is wrong with a wish."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from npcsim.errors import MissingExtra, NpcsimError
from npcsim.viz.film.moving import Moving
from npcsim.viz.film.record import film
from tests.viz import runs

SIZE = (320, 180)


def frames_of(path: Path) -> list[NDArray[np.uint8]]:
    if path.suffix == ".webp":  # FFmpeg writes these and doesn't read them
        with Image.open(path) as moving:
            return [
                np.asarray((moving.seek(at), moving.convert("RGB"))[1])
                for at in range(moving.n_frames)
            ]
    with av.open(str(path)) as file:
        return [frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)]


def test_a_gif_is_read_back_as_it_was_drawn(tmp_path: Path) -> None:
    path = tmp_path / "a.gif"
    gif = Moving(path, 10)
    rng = np.random.default_rng(1)
    drawn = [rng.integers(0, 2, (60, 80, 3)).astype(np.uint8) * 255 for _ in range(3)]
    drawn.insert(1, drawn[0])  # nothing changes: one image, shown for longer
    drawn.append(drawn[-1].copy())
    drawn[-1][10:14, 20:30] = (255, 0, 0)
    for frame in drawn:
        gif.add(frame)
    gif.close()
    seen = frames_of(path)
    wanted = [drawn[0], *drawn[2:]]
    assert len(seen) == len(wanted)
    assert all(np.array_equal(a, b) for a, b in zip(seen, wanted, strict=True))
    with av.open(str(path)) as file:
        times = [float(frame.time or 0.0) for frame in file.decode(video=0)]
    assert times == pytest.approx([0.0, 0.2, 0.3, 0.4])


def test_many_colours_stay_near_and_long_data_is_packed_right(tmp_path: Path) -> None:
    y, x = np.mgrid[0:200, 0:300]
    frame = np.stack([x * 255 // 300, y * 255 // 200, (x + y) % 256], axis=2).astype(np.uint8)
    noise = np.random.default_rng(2).integers(0, 40, frame.shape).astype(np.uint8)
    gif = Moving(tmp_path / "a.gif", 10)
    gif.add(frame // 2 + noise)
    gif.close()
    (seen,) = frames_of(tmp_path / "a.gif")
    away = np.abs(seen.astype(int) - (frame // 2 + noise).astype(int))
    assert away.mean() < 8


def test_a_film_is_as_long_as_asked_and_always_the_same(tmp_path: Path) -> None:
    events = runs.story(runs.walled_map())
    for name in ("a.gif", "b.gif"):
        made = film(events, tmp_path / name, first=0, last=6, speed=3.0, fps=5, size=SIZE)
        assert made == 11  # two seconds of five, and the first
    assert (tmp_path / "a.gif").read_bytes() == (tmp_path / "b.gif").read_bytes()
    seen = frames_of(tmp_path / "a.gif")
    assert seen[0].shape == (180, 320, 3)
    assert len(seen) > 4
    assert len({frame.tobytes() for frame in seen}) == len(seen)


@pytest.mark.parametrize("fps", [12, 30])
def test_a_webp_has_the_very_pixels_for_as_long_as_they_were_shown(
    tmp_path: Path, fps: int
) -> None:
    rng = np.random.default_rng(3)
    drawn = [rng.integers(0, 256, (40, 60, 3)).astype(np.uint8) for _ in range(7)]
    film_of = Moving(tmp_path / "a.webp", fps)
    for frame in drawn:
        film_of.add(frame)
    film_of.close()
    seen = frames_of(tmp_path / "a.webp")
    assert len(seen) == 7
    assert all(np.array_equal(a, b) for a, b in zip(seen, drawn, strict=True))
    with Image.open(tmp_path / "a.webp") as moving:
        took = [(moving.seek(at), moving.load(), moving.info["duration"])[2] for at in range(7)]
    assert sum(took) == round(7000 / fps)
    assert max(took) - min(took) <= 1


def test_a_gif_says_what_changed_and_no_more(tmp_path: Path) -> None:
    ground = np.random.default_rng(4).integers(0, 6, (200, 300, 1)).astype(np.uint8).repeat(3, 2)
    sizes = []
    for many in (1, 21):
        gif = Moving(tmp_path / "a.gif", 10)
        for at in range(many):
            frame = ground * 40
            frame[20:30, at * 10 : at * 10 + 10] = (255, 80, 0)
            gif.add(frame)
        gif.close()
        sizes.append((tmp_path / "a.gif").stat().st_size)
    assert sizes[1] < 1.5 * sizes[0]


def test_an_mp4_is_read_back_and_a_webp_of_a_run_too(tmp_path: Path) -> None:
    events = runs.story(runs.walled_map())
    for ending, size in (("mp4", (180, 320, 3)), ("webp", (181, 321, 3))):
        path = tmp_path / f"a.{ending}"
        made = film(
            events, path, first=0, last=6, speed=6.0, fps=5, size=(321, 181), select="mara", zoom=2
        )
        assert made == 6
        seen = frames_of(path)
        assert len(seen) == 6
        assert seen[0].shape == size
        assert np.abs(seen[0].astype(int) - seen[-1].astype(int)).mean() > 0.5


def test_what_is_wrong_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    events = runs.story()
    with pytest.raises(NpcsimError, match=r"none of \.gif, \.webp, \.mp4"):
        film(events, tmp_path / "a.avi", first=0, last=6)
    with pytest.raises(NpcsimError, match="0 frames"):
        film(events, tmp_path / "a.gif", first=6, last=2)
    with pytest.raises(NpcsimError, match="a film has 2 to"):
        film(events, tmp_path / "a.gif", first=0, last=10**6)
    with pytest.raises(NpcsimError, match="1 to 50"):
        film(events, tmp_path / "a.gif", first=0, last=6, fps=99)
    with pytest.raises(NpcsimError, match="no NPC 'marra'"):
        film(events, tmp_path / "a.gif", first=0, last=6, select="marra")
    with pytest.raises(NpcsimError, match="no beginning"):
        film([], tmp_path / "a.gif", first=0, last=6)
    for name in ("no/such.gif", "no/such.webp", "no/such.mp4"):
        with pytest.raises(NpcsimError, match="such"):
            film(events, tmp_path / name, first=0, last=6)
    monkeypatch.setitem(__import__("sys").modules, "av", None)
    with pytest.raises(MissingExtra, match=r"npcsim\[video\]"):
        film(events, tmp_path / "a.mp4", first=0, last=6)
