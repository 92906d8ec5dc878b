"""Forking as it stands in the window: the draft, its form, the fork that is made of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from npcsim.errors import NpcsimError
from npcsim.store.run_store import Run
from npcsim.viz.commands import Commands
from npcsim.viz.draw.widgets.form import Form
from npcsim.viz.draw.widgets.page import Page
from npcsim.viz.feed import Feed
from npcsim.viz.forking.draft import Draft, Valued, fields, taken
from npcsim.viz.player import Player

FORK, MORE, CLEAR = "Fork", "And more", "Clear"


class Branch(Protocol):
    """A fork under way, which may be read at any time. `path` is known once its own part begins."""

    at: int
    tick: int
    end: int
    path: str
    name: str
    error: str
    done: bool

    @property
    def told(self) -> str:
        """How many answers were reused and asked so far, and the cost."""

    def feed(self) -> Feed:
        """Its log, for the window."""

    def stop(self) -> None:
        """Have it end."""

    def wait(self) -> None:
        """Wait until it has ended."""


class Forks(Protocol):
    """What makes forks of a kept run."""

    def begin(
        self, run: Run, at: int, values: Sequence[str], inputs: Sequence[Mapping[str, Any]]
    ) -> Branch:
        """Fork from the end of tick `at`."""

    def values(self, run: Run, npc: str) -> Sequence[Valued]:
        """What the scenario says that may be changed."""


class Forking:
    """`branch` is the fork that was made last, `changes` what is other in it, in words.

    beside: shows a feed at the side of the run, None for none of it.
    """

    def __init__(
        self,
        player: Player,
        commands: Commands,
        forks: Forks | None,
        beside: Callable[[Feed | None, str], object],
    ) -> None:
        self.page = Page()
        self.branch: Branch | None = None
        self.changes: tuple[str, ...] = ()
        self.said = ""
        self._player, self._commands, self._forks, self._beside = player, commands, forks, beside
        self._draft = Draft(0)
        self._put: tuple[dict[str, Any], ...] = ()  # inputs of the open form, gone if it is left
        self._form: Form | None = None
        self._shown = False
        self._wanted: tuple[int, dict[str, str]] | None = None
        commands.table |= {
            "fork": lambda _: self.ask(),
            "fork away": lambda _: self.away(),
            "what if": self.what_if,
        }

    def ask(self, **filled: str) -> None:
        """Open the form for the chosen NPC at the tick that is shown, with what is `filled` in."""
        self._ask((), filled)

    def _ask(self, put: tuple[dict[str, Any], ...], filled: Mapping[str, str]) -> None:
        """put: inputs that the form comes with; they are in the draft once it is answered."""
        person = self._person()
        if person is None:
            self.said = "choose an NPC first: a fork changes something of it, or nothing"
            return
        try:
            run = self._run()
            values = self._forks.values(run, person.id) if self._forks is not None else ()
        except NpcsimError as error:
            self.said = str(error)
            return
        self.said = ""
        scene = self._player.scene
        if self._draft.tick != scene.tick:
            self._draft = Draft(scene.tick, list(self._draft.values), list(self._draft.inputs))
        self._put = put
        form = Form(
            f"Fork from {scene.clock()}, {person.name}", fields(person, scene, values),
            self._filled, about=self._about(), buttons=(FORK, MORE, CLEAR),
        )  # fmt: skip
        for name, text in filled.items():
            form.set(name, text)
        self._player.paused = True
        self._form = form
        self._commands.open_form(form)

    def what_if(self, argument: str) -> None:
        """Ask with one thing filled in. argument: the field, its text, and the tick to fork from
        where it isn't the one that is shown, each on a line."""
        name, text, *rest = argument.split("\n")
        tick = int(rest[0]) if rest else self._player.scene.tick
        self._player.paused = True
        self._player.seek(tick)
        self._wanted = (tick, {name: text})

    def put(self, entry: Mapping[str, Any]) -> bool:
        """Open the form with an input already in it. -> whether this run can be forked"""
        if self._forks is None:
            return False
        person = self._player.scene.by_id.get(str(entry.get("approve", "")))
        if person is not None:
            self._commands.choose(person.row)
        self._ask((dict(entry),), {})
        return True

    def away(self) -> None:
        """Stop a fork that is under way, and show its parent alone."""
        if self.branch is not None:
            self.branch.stop()
        self.branch, self._shown, self.said = None, False, ""
        self._beside(None, "")

    def advance(self) -> None:
        """Take what has come of a fork: show it as soon as it has begun, say what was wrong."""
        if self._wanted is not None and not self._player.seeking:
            (tick, filled), self._wanted = self._wanted, None
            scene = self._player.scene
            if scene.tick == tick:
                self.ask(**filled)
            else:
                self.said = f"{scene.clock(tick)} can't be shown, so nothing is forked from there"
        branch, form = self.branch, self._form
        if branch is None:
            return
        if branch.error and not branch.path:
            self.branch = None
            if form is not None and not form.closed:
                form.waiting, form.said = False, branch.error
            else:
                self.said = branch.error
        elif branch.path and not self._shown:
            try:
                feed = branch.feed()
            except NpcsimError as error:
                self.said = str(error)
                self.branch = None
                return
            self._shown = True
            self._draft = Draft(0)
            if form is not None and self._commands.frame.form is form:
                self._commands.open_form(None)
            self._look()
            self._beside(feed, branch.name)

    def close(self) -> None:
        """The window closes: what is under way is ended."""
        if self.branch is not None:
            self.branch.stop()
            self.branch.wait()

    # ---- the form

    def _filled(self, values: dict[str, Any], button: str) -> None:
        form, person = self._form, self._person()
        if form is None or person is None:
            return
        if button == CLEAR:
            self._draft = Draft(self._player.scene.tick)
            self.ask()
            return
        try:
            settings, inputs = taken(person, values)
        except ValueError as error:
            form.said = str(error)
            return
        if button == MORE:
            self._draft.values += settings
            self._draft.inputs = self._inputs() + inputs
            self.ask()
            return
        draft = self._draft
        made = Draft(draft.tick, [*draft.values, *settings], self._inputs() + inputs)
        self._begin(form, made)

    def _begin(self, form: Form, draft: Draft) -> None:
        if self._forks is None:
            form.said = "this run can't be forked from here"
            return
        if self.branch is not None:
            self.away()
        try:
            run = self._run()
        except NpcsimError as error:
            form.said = str(error)
            return
        self.changes = tuple(draft.lines(self._player.scene))
        self.branch = self._forks.begin(run, draft.tick, draft.values, draft.inputs)
        self._shown, form.waiting = False, True

    def _look(self) -> None:
        """At where the chosen one stands, and what panels tell of both runs."""
        row, stage = self._commands.frame.selected, self._commands.frame.stage
        if row is not None and stage is not None:
            stage.look_at(self._player.scene, row, self._player.fraction)
        self._commands.choose(None)

    def _about(self) -> str:
        draft = self._draft
        shown = Draft(draft.tick, draft.values, self._inputs())
        changes = shown.lines(self._player.scene)
        if not changes:
            return "What is to be other from here on; all may be left out"
        return f"So far: {'; '.join(changes)}"

    def _inputs(self) -> list[dict[str, Any]]:
        return [*self._draft.inputs, *self._put]

    def _person(self) -> Any:
        row, people = self._commands.frame.selected, self._player.scene.people
        return people[row] if row is not None and row < len(people) else None

    def _run(self) -> Run:
        """The run that is shown. Raises NpcsimError where it can't be forked."""
        history = self._player.history
        record = history.record if history is not None else None
        if not isinstance(record, Run) or self._forks is None:
            raise NpcsimError("only a run that is kept can be forked")
        return record
