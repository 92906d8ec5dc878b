"""A fork from the tick that is shown, made in the window, and seen beside its parent at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pygame
import pytest

import npcsim
from npcsim import events as ev
from npcsim.assembly.runs.branching import Forks
from npcsim.assembly.runs.feeds import LogFeed
from npcsim.store.run_store import Run
from npcsim.viz.app import App
from npcsim.viz.draw.widgets.form import Form
from npcsim.viz.draw.widgets.link import Do, what_if
from npcsim.viz.forking.draft import Draft, taken
from npcsim.viz.forking.forking import FORK, MORE
from tests.viz.test_app import AT, SIZE, click, place_of, press, ready


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Iterator[App]:
    """A window on the village at tick 100, paused, the first NPC chosen, that can fork."""
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    pygame.display.init()
    pygame.font.init()
    made = App(LogFeed(Run.open(folder)), "test", 4.0, SIZE, forks=Forks())
    ready(made)
    yield made
    made.player.close()
    made.forking.close()
    if made.beside is not None:
        made.beside.close()
    pygame.quit()


def until(app: App, so: Callable[[], object], seconds: float = 240.0) -> None:
    """Frames of the window until something is so."""
    end = time.monotonic() + seconds
    while not so():
        branch = app.forking.branch
        assert time.monotonic() < end, (app.forking.said, branch and branch.error)
        app.advance(0.02)
        app.draw()
        time.sleep(0.01)


def parted(app: App) -> Run:
    """The fork that was made, once both runs have been compared. Closes nothing of the window."""
    until(app, lambda: app.beside is not None and app.beside.difference is not None)
    branch = app.forking.branch
    assert branch is not None
    assert branch.done
    assert not branch.error
    return Run.open(branch.path)


def form_of(app: App) -> Form:
    form = app.frame.form
    assert form is not None
    return form


def button(app: App, label: str) -> None:
    form = app.frame.form
    assert form is not None
    app.draw()
    click(app, form._places[len(form.fields) + form.buttons.index(label)].center)


def test_a_number_is_changed_by_keys_and_both_are_shown_where_they_part(app: App) -> None:
    name = app.player.scene.people[0].name
    press(app, "shift+f")
    form = app.frame.form
    assert form is not None
    assert name in form.title
    while form.focused != "attribute":
        press(app, "tab")
    app.handle(pygame.event.Event(pygame.TEXTINPUT, text="hunger"))
    press(app, "return")
    press(app, "tab")
    app.handle(pygame.event.Event(pygame.TEXTINPUT, text="0.9"))
    press(app, "return")
    assert form.waiting
    with parted(app) as fork:
        assert fork.started.versions["fork.tick"] == str(AT)
        given = [one.entry for one in fork.events("Given")]  # type: ignore[union-attr]
        assert {"source": "fork", "set": "Mara", "attribute": "hunger", "value": 0.9} in given
        assert npcsim.replay(fork.path).ticks == 240
    assert app.frame.form is None
    assert app.frame.twin is not None
    beside = app.beside
    assert beside is not None
    assert beside.parting == AT + 1
    until(app, lambda: app.player.scene.tick == app.frame.twin.scene.tick == AT + 1)  # type: ignore[union-attr]
    assert app.frame.selected is None
    assert "Mara: hunger is 0.9" in app.forking.changes
    assert app.forking.branch is not None
    assert "answers reused" in app.forking.branch.told
    click(app, place_of(app, Do("fork away")))
    assert app.frame.twin is None
    assert app.beside is None
    assert app.frame.difference is None


def test_several_changes_by_the_mouse(app: App) -> None:
    person = app.player.scene.people[0]
    memory = person.memories[-1]
    press(app, "shift+f")
    form = app.frame.form
    assert form is not None
    form.set("memory", str(memory.id))
    form.set("words", "Ivo paid.")
    button(app, MORE)
    form = app.frame.form
    assert form is not None
    assert "Ivo paid." in form.about
    form.set("setting", "npcs.Mara.goal")
    form.set("to", "Sleep all day")
    button(app, FORK)
    with parted(app) as fork:
        lines = [one.text for one in fork.at(AT + 1).memories("Mara")]
        assert "Ivo paid." in lines
        assert memory.text not in lines
        (changed,) = fork.events("ScenarioChanged")
        assert changed.changes == ("npcs.Mara.goal=Sleep all day",)  # type: ignore[union-attr]


def test_what_is_wrong_is_said_in_the_form_and_nothing_is_lost(app: App, folder: Path) -> None:
    before = sorted(folder.parent.iterdir())
    for field, text, why in (
        ("decision", "fly to the moon", "can't decide 'fly to the moon' now; there are"),
        ("words", "Ivo paid.", "which memory"),
        ("value", "3", "which number of its own"),
        ("to", "3", "which value of the scenario"),
    ):
        press(app, "shift+f")
        form = app.frame.form
        assert form is not None
        form.set(field, text)
        button(app, FORK)
        until(app, lambda form=form: form.said)
        assert why in form.said
        assert form.texts[field] == text
        press(app, "escape")
    press(app, "shift+f")
    form = app.frame.form
    assert form is not None
    form.set("setting", "npcs.Mara.gaol")
    form.set("to", "x")
    button(app, FORK)
    until(app, lambda: form.said)
    assert "gaol" in form.said
    assert app.frame.twin is None
    kept = [one for one in sorted(folder.parent.iterdir()) if one not in before]
    assert not kept


def test_what_the_inspector_shows_leads_to_a_fork_with_it(app: App) -> None:
    person = app.player.scene.people[0]
    click(app, place_of(app, what_if("attribute", "tiredness")))
    app.advance(0.0)
    form = app.frame.form
    assert form is not None
    assert form.texts["attribute"] == "tiredness"
    press(app, "escape")
    press(app, "4")
    memory = person.memories[-1]
    click(app, place_of(app, what_if("memory", str(memory.id))))
    app.advance(0.0)
    form = app.frame.form
    assert form is not None
    assert form.texts["memory"] == memory.text
    press(app, "escape")


def test_what_if_it_had_chosen_that(app: App) -> None:
    """From the tick before it was asked: the decision made by hand takes the place of its own."""
    press(app, "y")
    app.lookup.settle(app.frame, app.player)
    app.draw()
    told = app.frame.explanation
    assert told is not None
    assert told.thought is not None
    other = next(one.text for one in told.thought.options if not one.taken)
    click(app, place_of(app, what_if("decision", other, told.thought.asked)))
    app.player.settle()
    app.advance(0.0)
    form = app.frame.form
    assert form is not None
    assert form.texts["decision"] == other
    assert app.player.scene.tick == told.thought.asked - 1
    button(app, FORK)
    with parted(app) as fork:
        decided = next(
            one for one in fork.events("Decided", npc="Mara", start=told.thought.asked)
            if isinstance(one, ev.Decided)
        )  # fmt: skip
        assert decided.options[decided.pick] == other
        assert decided.reason == "decided by hand"


def test_at_the_last_tick_there_is_nothing_to_fork(app: App) -> None:
    press(app, "ctrl+end")
    press(app, "shift+f")
    button(app, FORK)
    form = app.frame.form
    assert form is not None
    until(app, lambda: form.said)
    assert "before the run's last tick" in form.said


def test_nobody_chosen_or_no_log_is_told(monkeypatch: pytest.MonkeyPatch, app: App) -> None:
    app.commands.choose(None)
    press(app, "shift+f")
    assert app.frame.form is None
    assert "choose an NPC first" in app.forking.said
    assert app.forking.page.box.height > 0
    click(app, place_of(app, Do("fork away")))
    app.draw()
    assert app.forking.page.box.height == 0


def test_an_answer_that_is_not_sent_is_in_no_other_fork(app: App) -> None:
    entry = {"approve": "Mara", "answer": "no"}
    app.commands.choose(None)
    run = app.player.history
    app.player.history = None
    assert app.forking.put(entry)  # this form fails to open
    app.player.history = run
    assert app.forking.said
    app.commands.choose(0)
    press(app, "shift+f")
    assert "answered" not in form_of(app).about
    press(app, "escape")
    assert app.forking.put(entry)
    assert "Mara is answered: no" in form_of(app).about
    press(app, "escape")
    press(app, "shift+f")
    assert "answered" not in form_of(app).about
    press(app, "escape")
    assert app.forking.put(entry)
    button(app, MORE)
    assert "Mara is answered: no" in form_of(app).about
    press(app, "escape")
    press(app, "shift+f")
    assert form_of(app).about.count("Mara is answered: no") == 1


def test_where_the_tick_can_not_be_shown_no_form_opens(app: App) -> None:
    target = what_if("attribute", "hunger", 61)
    app.player._seeker = None
    app.commands.do(target.action, target.argument)
    app.advance(0.0)
    assert app.frame.form is None
    assert "can't be shown" in app.forking.said
    assert app.player.scene.tick == AT


def test_clicks_go_to_the_card_on_top_and_cards_at_the_left_leave_each_other_room(
    app: App,
) -> None:
    app.play.hand.tell("This is told for a while, over the map, at its upper left.")
    app.commands.choose(None)
    press(app, "shift+f")
    app.draw()
    card, fork = app.play.card.page, app.forking.page
    assert card.box.height
    assert fork.box.height
    assert not card.box.colliderect(fork.box)
    pages = app.frame.pages()
    assert pages.index(fork) < pages.index(card)
    assert place_of(app, Do("fork away"))


def test_changes_of_a_form_are_inputs_as_a_simulation_takes_them(app: App) -> None:
    person = app.player.scene.people[0]
    first = person.memories[0]
    values, inputs = taken(
        person,
        {"decision": "eat a loaf", "memory": str(first.id), "setting": "temper", "to": "0"},
    )
    assert values == ["temper=0"]
    assert inputs == [
        {"decide": "Mara", "option": "eat a loaf"},
        {"memory": "Mara", "id": first.id, "text": ""},
    ]
    _, inputs = taken(person, {"memory": "A dragon came."})
    assert inputs == [{"memory": "Mara", "text": "A dragon came."}]
    draft = Draft(3, ["temper=0"], [*inputs, {"do": "Mara.wait"}])
    assert draft.lines(app.player.scene) == [
        "temper=0", "Mara remembers: A dragon came.", '{"do": "Mara.wait"}',
    ]  # fmt: skip
