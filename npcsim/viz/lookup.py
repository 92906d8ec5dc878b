"""What panels show that has to be read or worked out first: why, and charts. Never holds up."""

from __future__ import annotations

from npcsim.store.why.explanation import Explanation
from npcsim.viz.draw.frame import Frame
from npcsim.viz.player import Player
from npcsim.viz.time.explaining import explained
from npcsim.viz.time.fetching import Fetcher
from npcsim.viz.time.history import History
from npcsim.viz.time.series import plots

PLOTS_S = 0.5  # seconds from one working out of the charts to the next


class Lookup:
    """Keeps a frame's explanation and plots up with what is chosen and open."""

    def __init__(self) -> None:
        self._why: Fetcher[tuple[str, int], Explanation] | None = None
        self._of: History | None = None
        self._asked: tuple[str, int] | None = None
        self._plotted = ""
        self._since = PLOTS_S

    def update(self, frame: Frame, player: Player, seconds: float) -> None:
        """Ask for what is missing, take what has come."""
        history = player.history
        if history is None:
            frame.said = "This run has no log yet."
            return
        if self._of is not history:
            record = history.record
            self._of, self._asked = history, None
            self._why = Fetcher(lambda key: explained(record, *key), "npcsim-why")
        self._explain(frame, player)
        self._since += seconds
        if frame.desk.drawer == "charts":
            self._plot(frame, player, history)

    def settle(self, frame: Frame, player: Player, seconds: float = 30.0) -> None:
        """Wait for what is on its way, for tests and pictures of one moment."""
        self.update(frame, player, 0.0)
        if self._why is not None:
            self._why.wait(seconds)
        self.update(frame, player, 0.0)

    def _explain(self, frame: Frame, player: Player) -> None:
        why = self._why
        row = frame.row_in(player.scene)
        if why is None or row is None or frame.desk.tab != "Why" or row >= len(player.scene.people):
            return
        found = why.take()
        if found is not None:
            frame.explanation = found[1]
        person = player.scene.people[row]
        if frame.explanation is not None and frame.explanation.npc != person.id:
            frame.explanation = None
        told = next((one for one in person.decisions if one.thought == frame.desk.thought), None)
        key = (person.id, told.tick if told is not None else player.scene.tick)
        frame.said = why.trouble
        if key != self._asked and not why.busy and not player.seeking:
            self._asked = key
            why.want(key)

    def _plot(self, frame: Frame, player: Player, history: History) -> None:
        row = frame.row_in(player.scene)
        key = f"{row} {history.whole} {frame.strip.span}"
        if self._since < PLOTS_S and key == self._plotted:
            return
        self._since, self._plotted = 0.0, key
        frame.plots = plots(history, player.scene, row, *frame.strip.span)
