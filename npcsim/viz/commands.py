"""What each action of `viz/keys.py` does to the window. Keys, buttons and links all end here."""

from __future__ import annotations

from collections.abc import Callable

from npcsim.viz.desk import TABS, Spot
from npcsim.viz.draw.frame import Frame
from npcsim.viz.draw.widgets.field import Field
from npcsim.viz.draw.widgets.form import Form
from npcsim.viz.draw.widgets.link import Do, Target
from npcsim.viz.draw.widgets.page import Page
from npcsim.viz.player import Player
from npcsim.viz.time.index import KINDS

PAN = 3.0  # tiles that one press moves the map
LEAP = 20  # a leap is this part of the run
ASKED_TIME = "Go to: 09:10, day 2 08:00 or a tick"


class Commands:
    """Does actions by name. `closed` is set by the one that closes the window.

    Another room adds its own with `commands.table[name] = function`, which takes the argument of a
    `Do` ("" from a key).
    """

    def __init__(self, frame: Frame, player: Player) -> None:
        self.frame, self.player = frame, player
        self.follow = False
        self.closed = False
        self.pane: Page = frame.inspector.page
        self.fields: list[tuple[Field, Callable[[], None]]] = []
        """Fields of other rooms, each with what Enter does in it."""
        self.table: dict[str, Callable[[str], None]] = {
            **self._of_time(), **self._of_the_map(), **self._of_panels(),
        }  # fmt: skip

    def do(self, action: str, argument: str = "") -> None:
        """Do an action, if there is one of that name."""
        self.frame.touches += 1
        act = self.table.get(action)
        if act is not None:
            act(argument)

    def go(self, target: Target) -> None:
        """Follow a link."""
        self.frame.touches += 1
        if isinstance(target, Do):
            self.do(target.action, target.argument)
            return
        frame, desk = self.frame, self.frame.desk
        desk.leave(Spot(frame.selected, self.player.scene.tick, desk.tab, desk.thought))
        row = self.here(target.row) if target.row >= 0 else None
        if row is not None and row != frame.selected:
            self.choose(row)
        if target.tab in TABS:
            self._open(target.tab)
        desk.thought = target.thought
        if target.tick >= 0:
            self.player.seek(target.tick)

    def here(self, row: int | None) -> int | None:
        """The row in the first run of an NPC of the run that is looked at; None: not in it."""
        twin = self.frame.twin
        second = twin is not None and twin.looked_at
        return twin.back(self.player.scene, row) if twin is not None and second else row

    def choose(self, row: int | None) -> None:
        """Choose an NPC, or nobody."""
        frame = self.frame
        frame.touches += 1
        if row != frame.selected:
            frame.desk.thought = ""
            frame.inspector.page.scroll = 0
        frame.selected = row
        self.follow = self.follow and row is not None

    def open_form(self, form: Form | None) -> None:
        """Show a form, which has the keyboard from now on; None takes away the one there is."""
        frame, field = self.frame, self.field()
        if field is not None:
            field.focus(False)
        if frame.form is not None:
            frame.form.close()
        frame.form = form
        if form is not None:
            if frame.help:
                self._help()
            form.focus(0)

    def field(self) -> Field | None:
        """The field that has the keyboard."""
        frame = self.frame
        others = (field for field, _ in self.fields)
        fields = (frame.asking, frame.inspector.search, frame.logbook.search, *others)
        return next((field for field in fields if field is not None and field.active), None)

    def entered(self) -> None:
        """Enter was pressed in the field that has the keyboard."""
        frame, field = self.frame, self.field()
        if field is None:
            return
        if field is not frame.asking:
            then = next((act for one, act in self.fields if one is field), None)
            if then is not None:
                then()
            else:
                field.focus(False)
            return
        try:
            tick = self.player.scene.tick_at(field.text)
        except ValueError as error:
            frame.asking_said = str(error)
            return
        self._ask(None)
        self.player.seek(tick)

    # ---- time

    def _of_time(self) -> dict[str, Callable[[str], None]]:
        player = self.player
        return {
            "pause": lambda _: player.turn(),
            "faster": lambda _: player.faster(1),
            "slower": lambda _: player.faster(-1),
            "step": lambda _: player.step(),
            "step back": lambda _: player.seek(player.scene.tick - 1),
            "leap": lambda _: self._leap(1),
            "leap back": lambda _: self._leap(-1),
            "to start": lambda _: player.seek(0),
            "to end": lambda _: player.seek(player.end),
            "next event": lambda _: self._event(1),
            "event before": lambda _: self._event(-1),
            "event kind": lambda _: self._kind(),
            "go to time": lambda _: self._ask(Field(ASKED_TIME)),
        }

    def _leap(self, way: int) -> None:
        started = self.player.scene.started
        first = started.tick if started is not None else 0
        long = max(1, (self.player.end - first) // LEAP)
        self.player.seek(self.player.scene.tick + way * long)

    def _event(self, way: int) -> None:
        """To the next event of the kind, or the one before; of one NPC where the log is so."""
        player, frame = self.player, self.frame
        if player.history is None:
            return
        row = frame.selected if frame.desk.only else None
        mark = player.history.index.beside(frame.desk.kind, player.scene.tick, way, row)
        if mark is not None:
            player.paused = True
            player.seek(mark.tick)
            if mark.row >= 0:
                self.choose(mark.row)

    def _kind(self) -> None:
        kinds = ("", *KINDS)
        desk = self.frame.desk
        desk.kind = kinds[(kinds.index(desk.kind) + 1) % len(kinds)]

    def _ask(self, field: Field | None) -> None:
        if self.frame.asking is not None:
            self.frame.asking.focus(False)
        self.frame.asking, self.frame.asking_said = field, ""
        if field is not None:
            field.focus()

    # ---- the map

    def _of_the_map(self) -> dict[str, Callable[[str], None]]:
        return {
            "next npc": lambda _: self._next(1),
            "npc before": lambda _: self._next(-1),
            "follow": lambda _: self._turn_follow(),
            "whole world": lambda _: self._whole(),
            "zoom in": lambda _: self.zoom(1, self.frame.view.center),
            "zoom out": lambda _: self.zoom(-1, self.frame.view.center),
            "pan left": lambda _: self.pan(-PAN, 0),
            "pan right": lambda _: self.pan(PAN, 0),
            "pan up": lambda _: self.pan(0, -PAN),
            "pan down": lambda _: self.pan(0, PAN),
        }

    def _next(self, step: int) -> None:
        """Choose the next NPC, those with a mind first if there are any."""
        people = self.player.scene.people
        rows = [person.row for person in people if person.mind] or [p.row for p in people]
        if not rows:
            return
        selected = self.frame.selected
        at = rows.index(selected) if selected in rows else -min(step, 0) - 1
        row = rows[(at + step) % len(rows)]
        self.choose(row)
        if self.frame.stage is not None:
            self.frame.stage.look_at(self.player.scene, row, self.player.fraction)

    def _turn_follow(self) -> None:
        self.follow = not self.follow and self.frame.selected is not None

    def _whole(self) -> None:
        self.follow = False
        if self.frame.stage is not None:
            self.frame.stage.look_at_all(self.frame.view)

    def zoom(self, steps: int, at: tuple[int, int]) -> None:
        """Zoom in (or out) and keep what is at a point of the screen there."""
        if self.frame.stage is not None:
            self.frame.stage.camera.zoom_to(1 if steps > 0 else -1, at, self.frame.view)

    def pan(self, x: float, y: float) -> None:
        """Move the map by tiles."""
        stage = self.frame.stage
        if stage is not None:
            self.follow = False
            stage.camera.x += x
            stage.camera.y += y
            stage.keep_inside()

    # ---- panels

    def _of_panels(self) -> dict[str, Callable[[str], None]]:
        desk = self.frame.desk
        return {
            "next tab": lambda _: desk.next_tab(1),
            "tab before": lambda _: desk.next_tab(-1),
            **{f"tab {n}": self._opener(name) for n, name in enumerate(TABS, 1)},
            "why": lambda _: self._open("Why"),
            "search": lambda _: self._search(),
            "log": lambda _: self._drawer("log"),
            "charts": lambda _: self._drawer("charts"),
            "other run": lambda _: self.look_at(None),
            "prompt": lambda _: self._prompt(),
            "filter": self._filter,
            "only": lambda _: self._only(),
            "next pane": lambda _: self._next_pane(),
            "down": lambda _: self.pane.move_focus(1),
            "up": lambda _: self.pane.move_focus(-1),
            "enter": lambda _: self._enter(),
            "back": lambda _: self._back(),
            "scroll down": lambda _: self.pane.scroll_by(self.pane.box.height * 4 // 5),
            "scroll up": lambda _: self.pane.scroll_by(-self.pane.box.height * 4 // 5),
            "help": lambda _: self._help(),
            "escape": lambda _: self._escape(),
            "close": lambda _: self._close(),
        }

    def _opener(self, tab: str) -> Callable[[str], None]:
        return lambda _: self._open(tab)

    def _open(self, tab: str) -> None:
        if self.frame.desk.tab != tab:
            self.frame.desk.tab = tab
            self.frame.inspector.page.scroll = 0

    def _drawer(self, name: str) -> None:
        desk = self.frame.desk
        desk.turn(name)
        log = self.frame.logbook.page
        self.pane = log if desk.drawer == "log" else self.frame.inspector.page

    def _filter(self, name: str) -> None:
        self.frame.desk.hidden ^= {name}

    def look_at(self, second: bool | None) -> None:
        """Panels tell of the second of two runs or of the first; None: of the other than now."""
        twin = self.frame.twin
        if twin is not None:
            twin.looked_at = not twin.looked_at if second is None else second
            self.frame.explanation = None

    def _prompt(self) -> None:
        self.frame.desk.prompts = not self.frame.desk.prompts

    def _only(self) -> None:
        self.frame.desk.only = not self.frame.desk.only

    def _search(self) -> None:
        frame = self.frame
        if frame.selected is not None and not (frame.desk.drawer == "log" and self._in_log()):
            self._open("Memory")
            frame.inspector.search.focus()
            return
        if frame.desk.drawer != "log":
            self._drawer("log")
        frame.logbook.search.focus()

    def _in_log(self) -> bool:
        return self.pane is self.frame.logbook.page

    def _next_pane(self) -> None:
        pages = self.frame.pages()
        at = pages.index(self.pane) if self.pane in pages else -1
        self.pane.focused = None
        self.pane = pages[(at + 1) % len(pages)]
        self.pane.move_focus(1)

    def _enter(self) -> None:
        if self.pane.focused is not None:
            self.go(self.pane.focused)

    def _back(self) -> None:
        spot = self.frame.desk.back()
        if spot is None:
            return
        self.choose(spot.row)
        self._open(spot.tab)
        self.frame.desk.thought = spot.thought
        self.player.seek(spot.tick)

    def _help(self) -> None:
        frame = self.frame
        frame.help = not frame.help
        self.pane = frame.sheet.page if frame.help else frame.inspector.page

    def _escape(self) -> None:
        frame, field = self.frame, self.field()
        if frame.asking is not None:
            self._ask(None)
        elif field is not None:
            field.set("")
            field.focus(False)
        elif frame.help:
            self._help()
        elif frame.selected is not None:
            self.choose(None)
        elif frame.desk.drawer:
            self._drawer(frame.desk.drawer)
        else:
            self.closed = True

    def _close(self) -> None:
        self.closed = True
