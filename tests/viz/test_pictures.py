"""The window beside pictures of it that are kept in tests/viz/pictures.

On one version of pygame pixels are the same on every machine: letters come from fonts that come
along, and figures are drawn. Another version may smooth letters and circles otherwise by some
levels of 255; that much is tolerated, and no more: a missing icon or a moved word fails.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pygame
import pytest
from numpy.typing import NDArray

from tests.viz.subjects import KEPT, SUBJECTS, drawn

BLOCK = 8  # pixels along a side of the parts that are compared
LEVELS = 16.0  # of 255 that a part may be off in the mean
FEW = 0.01  # the share of pixels that may be off by more than so many levels
ANEW = "if that is meant, look at it and keep it: python -m tests.viz.subjects"
Pixels = NDArray[np.int64]


def pixels(surface: pygame.Surface) -> Pixels:
    return pygame.surfarray.array3d(surface).astype(np.int64)


def fault(kept: Pixels, now: Pixels) -> str:
    """What makes two pictures different ones; empty where they are as good as the same."""
    if kept.shape != now.shape:
        return f"it is {now.shape[:2]} pixels now, and was {kept.shape[:2]}"
    away = np.abs(kept - now)
    wide, tall = (side - side % BLOCK for side in kept.shape[:2])
    parts = away[:wide, :tall].reshape(wide // BLOCK, BLOCK, tall // BLOCK, BLOCK, 3)
    means = parts.mean(axis=(1, 3, 4))
    if means.max(initial=0.0) > LEVELS:
        x, y = (int(at) * BLOCK for at in np.unravel_index(int(means.argmax()), means.shape))
        return f"round ({x}, {y}) it is off by {means.max():.0f} levels"
    share = float((away.max(axis=2) > LEVELS).mean())
    return f"{share:.1%} of its pixels are others" if share > FEW else ""


def show_difference(path: Path, kept: Pixels, now: Pixels) -> None:
    """Both pictures side by side, and what differs in white."""
    wide, tall = (max(one.shape[axis] for one in (kept, now)) for axis in (0, 1))
    sheet = np.zeros((3 * wide, tall, 3), dtype=np.uint8)
    for number, one in enumerate((kept, now)):
        sheet[number * wide : number * wide + one.shape[0], : one.shape[1]] = one
    differs = (sheet[:wide] != sheet[wide : 2 * wide]).any(axis=2)
    sheet[2 * wide :][differs] = 255
    pygame.image.save(pygame.surfarray.make_surface(sheet), str(path))


@pytest.mark.parametrize("name", SUBJECTS)
def test_the_window_looks_as_it_did(name: str, tmp_path: Path) -> None:
    path = KEPT / f"{name}.png"
    assert path.exists(), f"{path} is not there; {ANEW}"
    kept, now = pixels(pygame.image.load(str(path))), pixels(drawn(name))
    wrong = fault(kept, now)
    if wrong:
        show_difference(tmp_path / f"{name}.png", kept, now)
        pytest.fail(
            f"{name} looks otherwise: {wrong}; kept, now and what differs are in "
            f"{tmp_path / f'{name}.png'}; {ANEW}"
        )


def test_there_is_no_picture_of_nothing() -> None:
    assert {path.stem for path in KEPT.glob("*.png")} == set(SUBJECTS)


def test_letters_smoothed_otherwise_pass_and_what_is_missing_or_moved_does_not(
    tmp_path: Path,
) -> None:
    kept = pixels(pygame.image.load(str(KEPT / "map_2x.png")))
    assert fault(kept, kept) == ""
    noise = np.random.default_rng(1).integers(-5, 6, kept.shape)
    assert fault(kept, np.clip(kept + noise, 0, 255)) == ""
    assert "levels" in fault(kept, np.roll(kept, 3, axis=0))
    icon = kept.copy()
    icon[100:109, 100:109] = 255 - icon[100:109, 100:109]
    assert "round (96, 96)" in fault(kept, icon) or "round (104, 104)" in fault(kept, icon)
    assert "pixels now" in fault(kept, kept[:-1])
    show_difference(tmp_path / "d.png", kept, icon)
    shown = pygame.image.load(str(tmp_path / "d.png"))
    assert shown.get_width() == 3 * kept.shape[0]
    assert shown.get_at((2 * kept.shape[0] + 104, 104))[:3] == (255, 255, 255)
    assert shown.get_at((2 * kept.shape[0] + 10, 10))[:3] == (0, 0, 0)
