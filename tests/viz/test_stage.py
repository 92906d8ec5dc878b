"""What the map shows: light, moods, blows, gifts, sight and way; and maps that are huge."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pygame
import pytest

from npcsim import events as ev
from npcsim.viz.draw import detail
from npcsim.viz.draw import ground as grounds
from npcsim.viz.draw.detail import Detail, detail_for
from npcsim.viz.draw.figures import Figures
from npcsim.viz.draw.ground import ZOOMS, TiledGround
from npcsim.viz.draw.guides import Guides
from npcsim.viz.draw.icons import Badges
from npcsim.viz.draw.ink import Ink
from npcsim.viz.draw.light import FULL, daylight
from npcsim.viz.draw.sprites import AT_ONCE, NOTHING
from npcsim.viz.draw.stage import Stage
from npcsim.viz.motion import Motion
from npcsim.viz.scene import Scene
from tests.viz import runs

SIZE = (480, 320)


@pytest.fixture(autouse=True)
def surface(monkeypatch: pytest.MonkeyPatch) -> Iterator[pygame.Surface]:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    pygame.display.init()
    pygame.font.init()
    yield pygame.display.set_mode(SIZE)
    pygame.quit()


def drawn(
    surface: pygame.Surface, scene: Scene, *, zoom: float = 2.0, selected: int | None = None
) -> np.ndarray:
    """The map's pixels at the end of the scene's tick."""
    assert scene.started is not None
    stage = Stage(scene.started, Ink(True), Figures())
    view = surface.get_rect()
    stage.look_at_all(view)
    stage.camera.level = ZOOMS.index(zoom)
    stage.camera.x, stage.camera.y = 5.0, 3.0
    stage.draw(surface, view, scene, 1.0, selected)
    return pygame.surfarray.array3d(surface).astype(int)


def scene_of(*events: ev.Event, **changed: object) -> Scene:
    start = replace(runs.started(picture=runs.walled_map()), **changed)  # type: ignore[arg-type]
    return Scene.at([replace(start, start_ms=12 * 3_600_000), *events])


def changed(tick: int, name: str, value: float, row: int = 0) -> ev.Changed:
    who = np.array([10 + row], dtype=np.uint32)
    return ev.Changed(tick, name, "test", who, np.array([value]), np.zeros(0, dtype=np.uint32))


def test_night_is_darker_and_a_fire_lights_what_is_round_it(surface: pygame.Surface) -> None:
    start = runs.started(picture=runs.walled_map())
    night = replace(start, start_ms=0)
    hearth = replace(night, spots=(ev.SpotMark("hearth_1", "hearth", 5.0, 3.0, "inn"),))
    day, dark, lit = (
        drawn(surface, Scene.at([one]))
        for one in (replace(start, start_ms=12 * 3_600_000), night, hearth)
    )
    assert dark.mean() < day.mean() * 0.75
    near, far = np.s_[250:270, 160:180], np.s_[440:470, 280:310]
    assert lit[near].mean() > dark[near].mean() * 1.3
    assert np.array_equal(lit[far], dark[far])
    assert daylight(12.0) == FULL
    assert daylight(24.0) == daylight(0.0)


def test_a_blow_shows_how_much_it_took_and_fades(surface: pygame.Surface) -> None:
    scene = scene_of(changed(1, "hp", 93.0))
    assert [(cue.kind, cue.text) for cue in scene.cues] == [("hurt", "-7")]
    struck = drawn(surface, scene)
    scene.cues.clear()
    assert (drawn(surface, scene) != struck).any()
    later = scene_of(changed(1, "hp", 93.0), *(ev.TickEnded(tick, "") for tick in range(2, 40)))
    seen = drawn(surface, later)
    later.cues.clear()
    assert np.array_equal(drawn(surface, later), seen)
    assert scene_of(changed(1, "hp", 93.0), changed(2, "hp", 99.0)).cues[-1].kind == "healed"


def test_what_changes_hands_is_told_over_both_heads() -> None:
    give = {"kind": "transfer", "giver": "mara", "taker": "tobin", "item": "rye_bread", "count": 2}
    scene = scene_of(ev.Applied(1, "mara", "give", (give,)))
    assert [(cue.row, cue.kind, cue.text) for cue in scene.cues] == [
        (0, "gave", "-2 rye bread"),
        (1, "got", "+2 rye bread"),
    ]


@pytest.mark.parametrize("valence", [0.9, -0.9])
def test_a_strong_mood_shows_over_the_head(surface: pygame.Surface, valence: float) -> None:
    gauges = (*runs.GAUGES, ev.Gauge("valence", -1.0, 1.0, 0.0), ev.Gauge("arousal", 0.0, 1.0, 0.0))
    initial = np.array([100.0] * 3 + [0.2] * 3 + [0.0] * 6)
    even = scene_of(gauges=gauges, initial=initial)
    moved = scene_of(changed(1, "valence", valence), gauges=gauges, initial=initial)
    stirred = scene_of(
        changed(1, "valence", valence), changed(1, "arousal", 0.9), gauges=gauges, initial=initial
    )
    pictures = [drawn(surface, scene) for scene in (even, moved, stirred)]
    assert (pictures[0] != pictures[1]).any()
    assert (pictures[1] != pictures[2]).any() == (valence < 0)  # sad, or upset


def test_icons_of_states_and_moods_differ_by_shape_not_only_by_colour() -> None:
    badges = Badges()
    names = ("fight", "flee", "sleep", "eat", "work", "hurt", "chase", "talk", "watch")
    marks = [badges.badge(name, "", -1, False, 2) for name in names]
    marks += [badges.badge("", mood, -1, False, 2) for mood in ("glad", "sad", "upset")]
    shapes = set()
    for mark in marks:
        assert mark is not None
        grey = pygame.surfarray.array3d(pygame.transform.grayscale(mark))[..., 0]
        shapes.add((grey > grey[grey > 0].mean()).tobytes())
    assert len(shapes) == len(marks)
    assert badges.badge("", "", -1, False, 2) is None


def test_the_chosen_ones_sight_and_way_are_drawn(surface: pygame.Surface) -> None:
    start = runs.started(picture=runs.walled_map())
    cast = tuple(replace(one, sight=3.0) for one in start.cast)
    act = ev.ActStarted(1, "mara", 1, "go_to", {"place": "shed"}, "goes to the shed", 9, "mind")
    places = (*start.places, ev.PlaceMark("shed", "Shed", 15.5, 3.5))
    scene = scene_of(act, cast=cast, places=places)
    assert scene.started is not None
    motion = Motion(scene.started.picture)
    goal = Guides(scene.started, motion).goal_of(scene, scene.people[0])
    assert goal == (15.5, 3.5)
    way = motion.way((1.5, 1.5), goal)
    assert way[:, 1].max() > 11.0  # round the wall, by the gap in the last row
    plain, chosen = drawn(surface, scene), drawn(surface, scene, selected=0)
    scene.people[0].acts.clear()
    idle = drawn(surface, scene, selected=0)
    assert (plain != idle).any(axis=2).sum() > 100
    assert (chosen != idle).any(axis=2).sum() > 100


def test_a_huge_map_is_drawn_at_once_and_finished_over_some_frames(
    surface: pygame.Surface, monkeypatch: pytest.MonkeyPatch
) -> None:
    side = 1000
    small = runs.walled_map()
    layer = ev.LayerPicture("ground", (1, 2) * (side * side // 2))
    ground = TiledGround(replace(small, width=side, height=side, layers=(layer,), blocked=()))
    ground.hurried = True
    camera = grounds.Camera(500.0, 500.0, 0, 16)
    view = surface.get_rect()
    ground.draw(surface, view, camera)
    assert ground._made_now == grounds.AT_ONCE
    first = pygame.surfarray.array3d(surface)
    assert (first != np.array(grounds.NIGHT)).any(axis=2).all()
    began = time.thread_time()
    for _ in range(40):
        ground.draw(surface, view, camera)
        assert ground._made_now <= grounds.AT_ONCE
    assert time.thread_time() - began < 4.0
    assert ground._made_now == 0
    away = np.abs(pygame.surfarray.array3d(surface).astype(int) - first.astype(int)).mean()
    assert away < 40  # from afar it looked much the same
    monkeypatch.setattr(grounds, "KEPT_PIXELS", 300_000)
    for number in range(30):
        camera.x = 100.0 + number * 25
        ground.draw(surface, view, camera)
    assert ground._pixels <= 300_000


def test_a_crowd_at_1x_has_names_for_minds_alone(surface: pygame.Surface) -> None:
    start = runs.started(90, runs.walled_map())
    at_one = tuple(replace(one, x=1.5 + at % 18, y=1.5 + at // 18 * 2) for at, one in
                   enumerate(start.cast))  # fmt: skip
    scene = Scene.at([replace(start, cast=at_one)])
    assert scene.started is not None
    stage = Stage(scene.started, Ink(True), Figures())
    view = surface.get_rect()
    stage.look_at_all(view)
    stage.camera.level = ZOOMS.index(1.0)
    stage.draw(surface, view, scene, 1.0, None)
    assert len(stage.seen()[0]) > 40
    assert len(stage._signs.boxes) <= 3
    stage.draw(surface, view, scene, 1.0, 50)
    assert 1 <= len(stage._signs.boxes) <= 4


def test_a_crowd_that_turns_at_once_is_dressed_over_some_frames(surface: pygame.Surface) -> None:
    count = 24
    start = replace(runs.started(count), start_ms=12 * 3_600_000)
    scene, figures = Scene.at([start]), Figures()
    stage = Stage(start, Ink(True), figures)
    stage.look_at_all(surface.get_rect())
    stage.hurry(True)

    def frame() -> int:
        stage.draw(surface, surface.get_rect(), scene, 1.0, None)
        return len(figures._strides)

    ready = frame()  # nobody is without a picture
    assert ready > 3 * AT_ONCE
    scene.apply(runs.moved(1, *((10 + row, float(scene.x[row]), 0.5) for row in range(count))))
    assert len(set(scene.facing.tolist())) == 1
    many = [frame() - ready for _ in range(ready)]
    assert many[0] == AT_ONCE
    assert many[-1] == ready
    in_time = pygame.surfarray.array3d(surface)
    stage.hurry(False)
    stage._sprites._key[:] = NOTHING
    stage._shown = ()
    frame()
    assert (pygame.surfarray.array3d(surface) == in_time).all()


def of_many(count: int) -> Scene:
    """So many on one spot of the map, all of them hurt and half of them thinking."""
    start = runs.started(count, runs.walled_map())
    cast = tuple(
        replace(one, x=2.5 + at % 7, y=1.5 + at // 7 % 9) for at, one in enumerate(start.cast)
    )
    initial = np.array([50.0] * count + [0.2] * count)
    asked = [replace(runs.asked(), thought=f"t{at}", npc=cast[at].id) for at in range(count // 2)]
    return Scene.at([replace(start, cast=cast, initial=initial), *asked])


def test_the_more_are_in_view_the_less_is_drawn_of_each(
    surface: pygame.Surface, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(detail, "FIGURES_ALONE", 200)
    monkeypatch.setattr(detail, "TOKENS", 400)
    badges, figures, names = [], [], []
    found = {}
    for count in (150, 300, 600):
        scene = of_many(count)
        assert scene.started is not None
        stage = Stage(scene.started, Ink(True), Figures())
        stage.look_at_all(surface.get_rect())
        stage.camera.level = ZOOMS.index(1.0)
        stage.camera.x, stage.camera.y = 5.0, 5.0
        stage.draw(surface, surface.get_rect(), scene, 1.0, 7)
        found[count] = stage.detail
        assert len(stage.seen()[0]) == count
        badges.append(int((stage._sprites._badge_key > 0).sum()))
        figures.append(len(stage.figures._strides))
        names.append(len(stage._signs.boxes))
        boxes = len(stage._bubbles._taken) - min(count, 200) - names[-1]
        assert boxes == 60  # thoughts, however many think
    assert list(found.values()) == [Detail.WHOLE, Detail.FIGURE, Detail.TOKEN]
    assert badges[0] > 50
    assert badges[1:] == [0, 0]
    assert min(figures[:2]) > 0
    assert figures[2] == 0
    assert names[1:] == [1, 1]


def test_a_crowd_that_comes_and_goes_does_not_flicker() -> None:
    many = detail.TOKENS
    assert detail_for(many + 1, 16.0, Detail.WHOLE) is Detail.TOKEN
    assert detail_for(many - 1, 16.0, Detail.TOKEN) is Detail.TOKEN
    assert detail_for(many - 1, 16.0, Detail.FIGURE) is Detail.FIGURE
    assert detail_for(int(many * 0.8), 16.0, Detail.TOKEN) is Detail.FIGURE
    assert detail_for(10, 16.0, Detail.AFAR) is Detail.WHOLE
    assert detail_for(10, 8.0, Detail.WHOLE) is Detail.AFAR


def test_a_frame_of_five_thousand_costs_less_for_each_than_one_of_five_hundred(
    surface: pygame.Surface,
) -> None:
    cost = []
    for count in (500, 5000):
        scene = of_many(count)
        assert scene.started is not None
        stage = Stage(scene.started, Ink(True), Figures())
        stage.look_at_all(surface.get_rect())
        stage.camera.level = ZOOMS.index(1.0)
        took = []
        for number in range(9):
            began = time.thread_time()
            stage.draw(surface, surface.get_rect(), scene, number / 9, None)
            took.append(time.thread_time() - began)
        cost.append(sorted(took)[4] / count)
    # About half was seen; drawn in full, each would cost as much.
    assert cost[1] < 0.75 * cost[0]
