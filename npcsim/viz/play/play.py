"""What the keys of playing do, and what goes on while somebody is played."""

from __future__ import annotations

from collections.abc import Callable

from npcsim.viz.commands import Commands
from npcsim.viz.people import Person
from npcsim.viz.play.cards import ChatCard, PlayCard
from npcsim.viz.play.hand import Hand
from npcsim.viz.play.talking import Talk
from npcsim.viz.play.using import choose_tool, give_order
from npcsim.viz.play.walking import Walk

WAYS = {"walk up": (0, -1), "walk left": (-1, 0), "walk down": (0, 1), "walk right": (1, 0)}
CHOOSE = "choose an NPC first: click one, or press Tab"


class Play:
    """The player's part of a window. `begin_as`: whom to be as soon as the run has begun."""

    def __init__(self, commands: Commands, begin_as: str = "") -> None:
        self.commands = commands
        self.hand = Hand(commands.player)
        self.walk = Walk(self.hand)
        self.talk = Talk(self.hand)
        self._begin_as = begin_as
        frame = commands.frame
        commands.fields.append((self.talk.field, self.talk.enter))
        leave = commands.table["escape"]
        self.card = PlayCard(frame, self.hand, self.walk)
        self.chat = ChatCard(frame, self.talk)
        frame.cards += [self.card, self.chat]
        commands.table |= {
            "take over": lambda _: self.take_over(),
            "halt": lambda _: self.walk.halt(),
            "talk": lambda _: self._talk(),
            "use tool": lambda _: self._use(),
            "order": lambda _: self._order(),
            "escape": lambda what: self.talk.end() if self.talk.field.active else leave(what),
            **{name: self._walker(*way) for name, way in WAYS.items()},
        }

    @property
    def chosen(self) -> Person | None:
        row, people = self.commands.frame.selected, self.commands.player.scene.people
        return people[row] if row is not None and row < len(people) else None

    @property
    def row(self) -> int | None:
        """The row of whom the player is."""
        me = self.hand.me
        return me.row if me is not None else None

    def take_over(self) -> None:
        """Be the chosen NPC; who is somebody lets go."""
        if self.hand.npc:
            self.talk.end()
            self.hand.let_go()
            return
        if self.hand.need() is None:
            return
        if self.chosen is None:
            self.hand.tell(CHOOSE, wrong=True)
        else:
            self.hand.be(self.chosen)
            self.commands.follow = True

    def clicked(self, at: tuple[int, int]) -> bool:
        """Whether a click on the ground is where to walk to."""
        stage = self.commands.frame.stage
        if not self.hand.npc or stage is None:
            return False
        self.walk.to(*stage.camera.to_tile(at, self.commands.frame.view))
        return True

    def advance(self, seconds: float) -> None:
        """Once a frame."""
        player = self.commands.player
        if self._begin_as and player.started and self.hand.link is not None:
            person = player.scene.by_id.get(self._begin_as)
            self._begin_as = ""
            if person is not None:
                self.commands.choose(person.row)
                self.hand.be(person)
                self.commands.follow = True
        self.hand.advance(seconds)
        self.walk.advance(seconds)
        self.talk.advance(seconds)

    def _walker(self, dx: int, dy: int) -> Callable[[str], None]:
        return lambda _: self.walk.step(dx, dy)

    def _talk(self) -> None:
        if self.talk.begin(self.chosen) and self.talk.other is not None:
            self.commands.choose(self.talk.other.row)

    def _use(self) -> None:
        person = self.hand.me or self.chosen
        if person is None:
            self.hand.tell(CHOOSE, wrong=True)
        else:
            choose_tool(self.commands, self.hand, person)

    def _order(self) -> None:
        person = self.chosen
        if person is None or person is self.hand.me:
            self.hand.tell(CHOOSE if person is None else "choose somebody else to order", True)
        else:
            give_order(self.commands, self.hand, person)
