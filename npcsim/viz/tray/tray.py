"""The tray as it stands open: which cards, what is being changed, what came of an answer.

An answer is put into the run as any input is; the card stays, marked, until the log tells of it.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future

from npcsim.viz.commands import Commands
from npcsim.viz.draw.widgets.field import Field
from npcsim.viz.draw.widgets.link import Do
from npcsim.viz.draw.widgets.page import Page
from npcsim.viz.feed import Link
from npcsim.viz.people import Waiting
from npcsim.viz.scene import Scene
from npcsim.viz.tray.waiting import NO, YES, ordered

HINT = "or a call: go_to(inn)"
SOURCE = "window"
NOT_LIVE = "this run is not live: nobody can answer here any more"


class Tray:
    """`folded`: only a line is shown. `changing`: whose alternatives are open.

    `said` is what is wrong with an answer, `sent` what was answered and has not come in yet, both
    by NPC. `scene` is what is shown, `fraction` how far
    into its tick.
    """

    def __init__(self) -> None:
        self.page = Page()
        self.field = Field(HINT)
        self.folded = False
        self.changing = ""
        self.said: dict[str, str] = {}
        self.sent: dict[str, tuple[str, int]] = {}
        self.scene, self.fraction = Scene(), 0.0
        self.options: dict[str, list[str]] = {}
        self._commands: Commands | None = None
        self._link: Callable[[], Link | None] = lambda: None
        self.otherwise: Callable[[dict[str, str]], bool] = lambda entry: False
        """What is done with an answer to a run that is not live, if anything can."""
        self._answers: dict[str, Future[None]] = {}
        self._asked: dict[str, Future[list[str]]] = {}

    def follow(self, commands: Commands, link: Callable[[], Link | None]) -> None:
        """Take keys and clicks, and answer by the way into the run that there is then."""
        self._commands, self._link = commands, link
        commands.table |= {
            "approvals": lambda _: self.turn(),
            "approve": lambda npc: self.answer(npc, YES),
            "refuse": lambda npc: self.answer(npc, NO),
            "change": self.change,
            "instead": lambda text: self.answer(*text.split("\n", 1)),
        }
        commands.fields.append((self.field, self.entered))

    @property
    def asked_for(self) -> bool:
        """Whether the keyboard is in it."""
        return self._commands is not None and self._commands.pane is self.page

    def turn(self) -> None:
        """Go to it, with the arrow keys too; from there, fold it up."""
        if self._commands is None:
            return
        if self.asked_for:
            self.folded = True
            self._commands.pane = self._commands.frame.inspector.page
            return
        self.folded = False
        self._commands.pane = self.page
        first = next(iter(ordered(self.scene.waits)), None)
        self.page.focused = Do("approve", first.npc) if first is not None else None

    def change(self, npc: str) -> None:
        """Open what could be done instead, or close it."""
        self.changing = "" if self.changing == npc else npc
        self.field.set("")
        self.field.focus(False)
        link = self._link()
        if self.changing and link is not None:
            self._asked[npc] = link.options(npc)

    def others(self, one: Waiting) -> tuple[str, ...]:
        """What could be decided instead: now, where the run is live, else as it was."""
        known = self.options.get(one.npc, one.alternatives)
        return tuple(text for text in known if text != one.text)

    def entered(self) -> None:
        """A call was typed."""
        text = self.field.text.strip()
        if text and self.changing:
            self.answer(self.changing, text)

    def answer(self, npc: str, answer: str) -> None:
        """Answer for an NPC: yes, no, an option in its words, or a call."""
        waiting = self.scene.waits.get(npc)
        if waiting is None:
            return
        link = self._link()
        entry = {"approve": npc, "answer": answer, "asked": waiting.text, "source": SOURCE}
        if link is None:
            if not self.otherwise(entry):
                self.said[npc] = NOT_LIVE
            return
        self._answers[npc] = link.put(entry)
        self.said.pop(npc, None)
        self.sent[npc] = (answer, waiting.tick)
        self.field.set("")
        self.field.focus(False)
        self.changing = ""

    def look_at(self, scene: Scene, fraction: float) -> None:
        """This is shown now; take what has come of answers, forget what was said of others."""
        self.scene, self.fraction, waits = scene, fraction, scene.waits
        for npc in [npc for npc, future in self._answers.items() if future.done()]:
            wrong = self._answers.pop(npc).exception()
            if wrong is not None:
                self.said[npc] = str(wrong)
        for npc in [npc for npc, future in self._asked.items() if future.done()]:
            found = self._asked.pop(npc)
            if found.exception() is None:
                self.options[npc] = found.result()
        self.said = {npc: text for npc, text in self.said.items() if npc in waits}
        self.options = {npc: known for npc, known in self.options.items() if npc in waits}
        self.sent = {
            npc: one for npc, one in self.sent.items()
            if npc in waits and waits[npc].tick == one[1] and npc not in self.said
        }  # fmt: skip
        if self.changing and self.changing not in waits:
            self.change(self.changing)
