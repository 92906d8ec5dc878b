"""The player's hand in a live run: who the player is, what is on its way, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any

from npcsim.errors import NpcsimError
from npcsim.viz.feed import Link
from npcsim.viz.people import Person
from npcsim.viz.player import Player

SAID_S = 8.0
"""Seconds for which something is told."""
BEHIND = 6
"""Ticks that the picture may be behind a run that is played."""
NOT_LIVE = (
    "this run is not live, so nothing can be done in it: play a scenario with "
    "`npcsim watch SCENARIO`"
)
FAILED = ("refused", "failed")
Failed = Callable[[str], object]
Then = Callable[[Any], object]


class Hand:
    """`npc` is the id of whom the player is, empty for nobody; `said` what is told just now, and
    `wrong` whether it is of something that went wrong. Futures are looked after once a frame."""

    def __init__(self, player: Player) -> None:
        self.player = player
        self.npc = ""
        self.said = ""
        self.wrong = False
        self.refused: list[Callable[[str], object]] = []
        """Told of what the world refused to whom the player is."""
        self._left = 0.0
        self._under_way: list[tuple[Future[Any], Then, Failed]] = []
        self._held = False
        self._told = -1

    @property
    def link(self) -> Link | None:
        """The way into the run; None, and that is told, where there is none."""
        return self.player.link

    @property
    def me(self) -> Person | None:
        """Whom the player is, as the picture has it."""
        return self.player.scene.by_id.get(self.npc)

    def tell(self, text: str, wrong: bool = False) -> None:
        """Say something for a while."""
        self.said, self.wrong, self._left = text, wrong, SAID_S

    def need(self) -> Link | None:
        """The way into the run, or it is told that there is none."""
        link = self.link
        if link is None:
            waiting = not self.player.started
            self.tell("the run has not begun yet" if waiting else NOT_LIVE, wrong=True)
        return link

    def put(
        self, entry: Mapping[str, Any], then: Then | None = None, failed: Failed | None = None
    ) -> None:
        """Put an input into the run; what is wrong with it is told, or handed to `failed`."""
        link = self.need()
        if link is not None:
            self.wait(link.put(entry), then or (lambda _: None), failed)

    def wait(self, future: Future[Any], then: Then, failed: Failed | None = None) -> None:
        """Do something with what comes of a call of the link."""
        self._under_way.append((future, then, failed or (lambda text: self.tell(text, True))))

    def be(self, person: Person) -> None:
        """Take somebody over."""

        def taken(_: Any) -> None:
            self.npc, self._told = person.id, self.player.scene.tick
            self.catch_up()

        self.put({"play": person.id}, taken)

    def let_go(self) -> None:
        """Be nobody again."""
        me, self.npc = self.me, ""
        self.put({"play": None})
        self.tell(f"{me.name} goes on alone" if me is not None else "")

    def catch_up(self) -> None:
        """Look at the run where it is now."""
        player = self.player
        player.paused = False
        if player.end - player.scene.tick > BEHIND:
            player.seek(player.end)

    def advance(self, seconds: float) -> None:
        """Take what has come, and keep the run standing still while its player pauses."""
        self._left -= seconds
        if self._left <= 0:
            self.said = ""
        waiting, self._under_way = self._under_way, []
        for future, then, failed in waiting:
            if not future.done():
                self._under_way.append((future, then, failed))
                continue
            error = future.exception()
            if error is None:
                then(future.result())
            elif isinstance(error, KeyError):
                failed(f"there is no {error.args[0]}")
            elif isinstance(error, ValueError | NpcsimError):
                failed(str(error))
            else:
                raise error
        self._hold()
        self._refusals()

    def _hold(self) -> None:
        link, hold = self.link, bool(self.npc) and self.player.paused
        if link is not None and hold != self._held:
            self._held = hold
            link.hold(hold)

    def _refusals(self) -> None:
        """What the player wanted and was refused is told, as it comes into the picture."""
        me, scene = self.me, self.player.scene
        if me is None:
            return
        if scene.tick < self._told:  # looked back
            self._told = scene.tick
        news = []
        for line in reversed(scene.log):
            if line.tick <= self._told:
                break
            if line.row == me.row and line.sort in FAILED:
                news.append(line.text)
        self._told = max(self._told, scene.tick)
        if news:
            self.tell(news[0], wrong=True)
            for told in self.refused:
                told(news[0])
