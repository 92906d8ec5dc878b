"""Films of a run: their frames, their files, and what is wrong with a wish."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from npcsim.errors import MissingExtra, NpcsimError
from npcsim.viz.film.gif import Gif
from npcsim.viz.film.record import film
from tests.viz import runs

SIZE = (320, 180)


def frames_of(path: Path) -> list[NDArray[np.uint8]]:
    with av.open(str(path)) as file:
        return [frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)]


def test_a_gif_is_read_back_as_it_was_drawn(tmp_path: Path) -> None:
    path = tmp_path / "a.gif"
    gif = Gif(path, 10)
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
    gif = Gif(tmp_path / "a.gif", 10)
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


@pytest.mark.parametrize("ending", ["mp4", "webp"])
def test_with_pyav_there_are_more_kinds(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.{ending}"
    events = runs.story(runs.walled_map())
    made = film(
        events, path, first=0, last=6, speed=6.0, fps=5, size=(321, 181), select="mara", zoom=2
    )
    assert made == 6
    if ending == "mp4":
        seen = frames_of(path)
        assert len(seen) == 6
        assert seen[0].shape == (180, 320, 3)
        assert np.abs(seen[0].astype(int) - seen[-1].astype(int)).mean() > 0.5
    else:  # FFmpeg writes these and doesn't read them
        data = path.read_bytes()
        assert data[:4] == b"RIFF"
        assert data[8:12] == b"WEBP"
        assert data.count(b"ANMF") == 6


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
    for name in ("no/such.gif", "no/such.mp4"):
        with pytest.raises(NpcsimError, match="such"):
            film(events, tmp_path / name, first=0, last=6)
    monkeypatch.setitem(__import__("sys").modules, "av", None)
    with pytest.raises(MissingExtra, match=r"npcsim\[video\]"):
        film(events, tmp_path / "a.mp4", first=0, last=6)
