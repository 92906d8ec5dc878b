"""What a player is at, over the map: whom one is, what can be done, and the talk."""

from __future__ import annotations

import pygame

from npcsim.viz.draw.frame import Frame
from npcsim.viz.draw.ink import EDGE, FAINT, NIGHT, SKY, SOFT, TEXT, VERMILION, YELLOW, Ink
from npcsim.viz.draw.widgets.buttons import button
from npcsim.viz.draw.widgets.link import Do
from npcsim.viz.draw.widgets.page import Page
from npcsim.viz.play.hand import Hand
from npcsim.viz.play.talking import Talk
from npcsim.viz.play.walking import Walk

SMALL = 14
BODY = 16
PAD = 10
WIDE = 300
CHAT_WIDE = 440
CHAT_LINES = 9
BUTTON = 27
OWN = (("Talk (E)", "talk"), ("Use (U)", "use tool"), ("Order (O)", "order"))


def _board(surface: pygame.Surface, box: pygame.Rect) -> None:
    board = pygame.Surface(box.size, pygame.SRCALPHA)
    pygame.draw.rect(board, (*NIGHT, 225), board.get_rect(), border_radius=7)
    pygame.draw.rect(board, (*EDGE, 255), board.get_rect(), 1, border_radius=7)
    surface.blit(board, box)


class PlayCard:
    """At the upper left: whom one is, what that one does, buttons, and what came of it last."""

    def __init__(self, frame: Frame, hand: Hand, walk: Walk) -> None:
        self.page = Page()
        self._frame, self._hand, self._walk = frame, hand, walk

    def draw(self, surface: pygame.Surface, view: pygame.Rect, ink: Ink, beat: bool) -> None:
        """Draw it, if there is anything to tell or to be done."""
        self.page.begin(pygame.Rect(0, 0, 0, 0))
        hand = self._hand
        live = hand.link is not None
        if view.height < 120 or not (live or hand.said):
            return
        self._draw_goal(surface, view)
        wide = min(WIDE, view.width - 16)
        lines = ink.wrap(hand.said, SMALL, wide - 2 * PAD, 4) if hand.said else []
        step = ink.height(SMALL) + 2
        own = ink.height(BODY) + 2 + step + 4 + BUTTON if live else 0
        tall = 2 * PAD + own + step * len(lines) + (6 if live and lines else 0)
        box = pygame.Rect(view.left + 8, view.top + 8, wide, tall)
        _board(surface, box)
        self.page.begin(box)
        y = box.top + PAD
        if live:
            y = self._draw_self(surface, ink, box)
        for line in lines:
            colour = VERMILION if hand.wrong else SKY
            surface.blit(ink.text(line, SMALL, colour), (box.left + PAD, y))
            y += step

    def _draw_self(self, surface: pygame.Surface, ink: Ink, box: pygame.Rect) -> int:
        """-> where it ends"""
        x, y = box.left + PAD, box.top + PAD
        room, me = box.width - 2 * PAD, self._hand.me
        chosen = self._chosen()
        if me is not None:
            head = f"You are {me.name}"
            act = me.act
            does = "is down" if me.fallen else act.text if act is not None else "W A S D or click"
        else:
            head = f"Play {chosen}" if chosen else "Play: choose an NPC"
            does = "G takes over, then W A S D or a click walks"
        surface.blit(ink.text(ink.fit(head, BODY, room), BODY, TEXT), (x, y))
        y += ink.height(BODY) + 2
        surface.blit(ink.text(ink.fit(does, SMALL, room), SMALL, SOFT), (x, y))
        y += ink.height(SMALL) + 6
        first = ("Let go (G)" if me is not None else "Be (G)", "take over")
        for label, action in (first, *OWN):
            if x + ink.width(label, 15) + 16 > box.right - 4:
                break
            x = button(surface, self.page, ink, (x, y), label, Do(action)).right + 4
        return y + BUTTON + 6

    def _chosen(self) -> str:
        row, people = self._frame.selected, self._hand.player.scene.people
        return people[row].name if row is not None and row < len(people) else ""

    def _draw_goal(self, surface: pygame.Surface, view: pygame.Rect) -> None:
        """A mark on the tile that is walked to."""
        goal, stage = self._walk.goal, self._frame.stage
        if goal is None or stage is None:
            return
        left, top = stage.camera.corner(view)
        scale = stage.camera.scale
        tile = pygame.Rect(
            left + round(goal[0] * scale), top + round(goal[1] * scale), round(scale), round(scale)
        )
        surface.set_clip(view)
        pygame.draw.ellipse(surface, NIGHT, tile.inflate(4, 4), 3)
        pygame.draw.ellipse(surface, YELLOW, tile, 2)
        surface.set_clip(None)


class ChatCard:
    """At the lower left: what was said between the player and an NPC, and a field to say more."""

    def __init__(self, frame: Frame, talk: Talk) -> None:
        self.page = Page()
        self._frame, self._talk = frame, talk

    def draw(self, surface: pygame.Surface, view: pygame.Rect, ink: Ink, beat: bool) -> None:
        """Draw it while somebody is talked with."""
        self.page.begin(pygame.Rect(0, 0, 0, 0))
        talk, other = self._talk, self._talk.other
        talk.field.box = pygame.Rect(0, 0, 0, 0)
        if other is None or view.height < 120:
            return
        wide = min(CHAT_WIDE, view.width - 16)
        room, step = wide - 2 * PAD, ink.height(BODY) + 2
        lines: list[tuple[str, tuple[int, int, int]]] = []
        for one in talk.lines:
            who = "You" if one.mine else one.who
            told = ink.wrap(f"{who}: {one.words}", BODY, room, 4)
            lines += [(line, SOFT if one.mine else TEXT) for line in told]
        status = talk.status(self._frame.heard)
        lines += [(line, SKY) for line in ink.wrap(status, BODY, room, 4)] if status else []
        if talk.waiting:
            lines += [(line, FAINT) for line in ink.wrap(f"You: {talk.waiting}", BODY, room, 2)]
        most = max(1, min(CHAT_LINES, (view.height - 100) // step))
        lines = lines[-most:]
        box = pygame.Rect(view.left + 8, 0, wide, 2 * PAD + 24 + step * len(lines) + 38)
        box.bottom = view.bottom - 8
        _board(surface, box)
        self.page.begin(box)
        title = ink.fit(f"Talking with {other.name}", SMALL, room)
        surface.blit(ink.text(title, SMALL, FAINT), (box.left + PAD, box.top + PAD))
        y = box.top + PAD + 22
        for text, colour in lines:
            surface.blit(ink.text(text, BODY, colour), (box.left + PAD, y))
            y += step
        field = pygame.Rect(box.left + PAD, box.bottom - PAD - 30, room, 30)
        talk.field.draw(surface, field, ink, beat)
