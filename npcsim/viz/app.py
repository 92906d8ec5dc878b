"""The window itself: one loop of input, playing and drawing. `window.show` opens it."""

from __future__ import annotations

import pygame

from npcsim.viz.beside import Beside
from npcsim.viz.commands import Commands
from npcsim.viz.draw.frame import Frame
from npcsim.viz.draw.stage import Stage
from npcsim.viz.draw.twin import Twin
from npcsim.viz.draw.widgets.field import Field
from npcsim.viz.draw.widgets.link import Goto
from npcsim.viz.feed import Feed
from npcsim.viz.forking.card import ForkCard
from npcsim.viz.forking.forking import Forking, Forks
from npcsim.viz.keys import action_for
from npcsim.viz.lookup import Lookup
from npcsim.viz.play.play import Play
from npcsim.viz.player import Player
from npcsim.viz.tray.cards import Cards
from npcsim.viz.tray.tray import Tray

FRAMES = 60  # a second
DRAG = 5  # screen pixels that a press may wander and still be a click
EDGE = 4  # screen pixels beside the inspector's edge that take hold of it
SMALLEST = (320, 200)
NOBODY = ("Click somebody, or Tab   F1 keys", "Click somebody   F1 keys", "F1 keys")
SOMEBODY = ("Y why   Tab next   F1 keys", "Y why   F1 keys", "F1 keys")
BUTTONS = (1, 2, 3)


class App:
    """A window on a feed. `run` goes on until it is closed."""

    def __init__(
        self,
        feed: Feed,
        title: str,
        speed: float,
        size: tuple[int, int],
        beside: Feed | None = None,
        names: tuple[str, str] = ("", ""),
        begin_as: str = "",
        forks: Forks | None = None,
    ) -> None:
        pygame.display.set_caption(title)
        self.surface = pygame.display.set_mode(size, pygame.RESIZABLE)
        pygame.key.set_repeat(300, 80)
        pygame.key.stop_text_input()
        self.player = Player(feed, speed)
        self.frame = Frame()
        self.commands = Commands(self.frame, self.player)
        self.play = Play(self.commands, begin_as)
        self.lookup = Lookup()
        self.beside: Beside | None
        self.tray = Tray()
        self.tray.follow(self.commands, lambda: feed.link)
        beside_it = (self.play.card.page, self.play.chat.page)
        self.frame.cards.append(Cards(self.tray, beside_it))
        self._feed, self._names, self.beside = feed, names, None
        if beside is not None:
            self.put_beside(Beside(beside, feed, speed), names[1])
        self.forking = Forking(self.player, self.commands, forks, self._fork_shown)
        self.frame.cards.append(ForkCard(self.forking, self.play.card.page))
        self.tray.otherwise = self.forking.put
        self._pressed: tuple[int, int] | None = None
        self._held = ""  # what the pressed button has hold of: map, edge, timeline or nothing
        self._dragging = False
        self._seconds = 0.0

    @property
    def open(self) -> bool:
        """Whether it is to go on."""
        return not self.commands.closed

    def run(self) -> None:
        """Draw and answer until closed."""
        clock = pygame.time.Clock()
        try:
            self._loop(clock)
        finally:
            self.player.close()
            self.forking.close()
            if self.beside is not None:
                self.beside.close()

    def put_beside(self, beside: Beside | None, name: str) -> None:
        """Show a second run at the side of the first, instead of the one there is; None: none."""
        frame = self.frame
        if self.beside is not None:
            self.beside.close()
        self.beside, frame.difference, frame.strip.parting = beside, None, None
        first = self._names[0] or "this run"
        twin = Twin(frame.ink, frame.figures, (first, name))
        frame.twin = twin if beside is not None else None

    def _fork_shown(self, feed: Feed | None, name: str) -> None:
        """A fork goes beside its parent once its own part begins; compared when it is whole."""
        branch = self.forking.branch
        if feed is None or branch is None:
            self.put_beside(None, "")
            return
        beside = Beside(feed, self._feed, self.player.speed, lambda: branch.done)
        self.put_beside(beside, name)

    def _loop(self, clock: pygame.time.Clock) -> None:
        while self.open:
            seconds = min(clock.tick(FRAMES), 250) / 1000.0
            for event in pygame.event.get():
                self.handle(event)
            self.advance(seconds)
            self.draw()
            pygame.display.flip()

    def advance(self, seconds: float) -> None:
        """Let the watcher's time pass."""
        self._seconds += seconds
        self.player.advance(seconds)
        self.play.advance(seconds)
        self.forking.advance()
        beside, twin = self.beside, self.frame.twin
        looked_at = self.player
        if beside is not None and twin is not None:
            if beside.advance(seconds, self.player.head) and beside.parting is not None:
                self.player.paused = True
                self.player.seek(beside.parting)
                self.frame.strip.parting = beside.parting
            self.frame.difference = beside.difference
            twin.scene, twin.fraction = beside.player.scene, beside.player.fraction
            looked_at = beside.player if twin.looked_at else self.player
        self.lookup.update(self.frame, looked_at, seconds)
        if beside is not None and self.frame.selected is None:
            self.frame.said = beside.notice

    def draw(self) -> None:
        """One frame of what the player is at."""
        frame, player = self.frame, self.player
        frame.bar_left = self._bar_text()
        frame.bar_right = NOBODY if frame.selected is None else SOMEBODY
        frame.paused = player.paused
        frame.index = player.history.index if player.history is not None else None
        frame.end = player.end
        frame.notice, frame.heard = player.notice, player.heard
        frame.beat = int(self._seconds * 2) % 2 == 0
        row = self.play.row if self.play.row is not None else frame.selected
        if self.commands.follow and row is not None and frame.stage is not None:
            frame.stage.look_at(player.scene, row, player.fraction)
        self.tray.look_at(player.scene, player.fraction)
        frame.draw(self.surface, player.scene, player.fraction)

    def handle(self, event: pygame.event.Event) -> None:
        """One thing the user did."""
        self.frame.touches += 1
        if event.type == pygame.QUIT:
            self.commands.closed = True
        elif event.type == pygame.VIDEORESIZE:
            self._resized()
        elif event.type in (pygame.KEYDOWN, pygame.TEXTINPUT, pygame.TEXTEDITING):
            self._typed(event)
        elif event.type == pygame.MOUSEWHEEL:
            self._wheel(event.y)
        elif event.type == pygame.MOUSEBUTTONDOWN and event.button in BUTTONS:
            self._press(event)
        elif event.type == pygame.MOUSEMOTION:
            self._mouse_moved(event)
        elif event.type == pygame.MOUSEBUTTONUP and event.button in BUTTONS:
            if self._pressed is not None and not self._dragging and event.button == 1:
                self._click(event.pos)
            self._pressed, self._dragging, self._held = None, False, ""

    def _resized(self) -> None:
        wide, tall = self.surface.get_size()
        if wide < SMALLEST[0] or tall < SMALLEST[1]:
            size = (max(wide, SMALLEST[0]), max(tall, SMALLEST[1]))
            self.surface = pygame.display.set_mode(size, pygame.RESIZABLE)
        else:
            self.surface = pygame.display.get_surface()

    def _typed(self, event: pygame.event.Event) -> None:
        """What has the keyboard comes first, a form or a field; what it leaves is the table's."""
        form = self.frame.form
        if form is not None:
            form.handle(event)
            self._form_done()
            return
        field = self.commands.field()
        if field is not None and field.handle(event):
            return
        if event.type != pygame.KEYDOWN:
            return
        if field is not None and event.key in (pygame.K_RETURN, pygame.K_KP_ENTER):
            self.commands.entered()
            return
        action = action_for(
            pygame.key.name(event.key),
            shift=bool(event.mod & pygame.KMOD_SHIFT),
            ctrl=bool(event.mod & (pygame.KMOD_CTRL | pygame.KMOD_META)),
            alt=bool(event.mod & pygame.KMOD_ALT),
        )
        if action is not None:
            self.commands.do(action)

    def _form_done(self) -> None:
        form = self.frame.form
        if form is not None and form.closed:
            self.commands.open_form(None)

    # ---- the mouse

    def _wheel(self, steps: int) -> None:
        at = pygame.mouse.get_pos()
        form = self.frame.form
        if form is not None and form.box.collidepoint(at):
            form.wheel(steps)
            return
        page = next((page for page in self.frame.pages() if page.box.collidepoint(at)), None)
        if page is not None:
            page.wheel(steps)
        elif self.frame.view.collidepoint(at):
            self.commands.zoom(steps, at)

    def _press(self, event: pygame.event.Event) -> None:
        self._pressed, self._dragging = event.pos, False
        frame = self.frame
        if frame.panel.width and abs(event.pos[0] - frame.panel.left) <= EDGE:
            self._held = "edge"
        elif frame.timeline.collidepoint(event.pos):
            self._held = "timeline"
            mark = frame.strip.mark_at(event.pos, frame.index)
            if mark is None:
                self._scrub(event.pos[0])
            else:
                self.player.seek(mark.tick)
        elif frame.view.collidepoint(event.pos):
            self._held = "map"

    def _scrub(self, x: int) -> None:
        if x >= self.frame.strip.groove.left - DRAG:
            self.player.seek(self.frame.strip.tick_at(x))

    def _mouse_moved(self, event: pygame.event.Event) -> None:
        stage, frame = self.frame.stage, self.frame
        if frame.form is not None:
            frame.form.hover(event.pos)
        if self._pressed is None:
            for page in frame.pages():
                page.hover(event.pos)
            mark = frame.strip.mark_at(event.pos, frame.index)
            text = f"{self.player.scene.clock(mark.tick)}  {mark.text}" if mark is not None else ""
            frame.tip = (event.pos, text) if text else None
            over = stage is not None and frame.view.collidepoint(event.pos)
            frame.hovered = stage.pick(event.pos) if over and stage is not None else None
            return
        away = abs(event.pos[0] - self._pressed[0]) + abs(event.pos[1] - self._pressed[1])
        if self._held and away > DRAG:
            self._dragging = True
        if not self._dragging:
            return
        if self._held == "timeline":
            self._scrub(event.pos[0])
        elif self._held == "edge":
            frame.side = self.surface.get_width() - event.pos[0]
        elif self._held == "map" and stage is not None:
            scale = stage.camera.scale
            self.commands.pan(-event.rel[0] / scale, -event.rel[1] / scale)

    def _click(self, at: tuple[int, int]) -> None:
        frame, field = self.frame, self.commands.field()
        if frame.form is not None and frame.form.click(at):
            self._form_done()
            return
        if field is not None and not field.box.collidepoint(at):
            field.focus(False)
        for one, seen in self._fields():
            if seen and one.box.collidepoint(at):
                one.focus()
                return
        for page in frame.pages():
            target = page.at(at)
            if target is not None:
                self.commands.pane = page
                self.commands.go(target)
                return
            if page.box.collidepoint(at) and page is not frame.strip.page:
                self.commands.pane = page
                return
        if frame.stage is not None and frame.view.collidepoint(at):
            on = frame.stage.pick(at) is not None or frame.stage.bubble_at(at) is not None
            if not on and self.play.clicked(at):
                return
            self.commands.look_at(False)
            self._pick(frame.stage, self.player, at)
        elif frame.twin is not None and frame.twin.view.collidepoint(at):
            self.commands.look_at(True)
            if frame.twin.stage is not None and self.beside is not None:
                self._pick(frame.twin.stage, self.beside.player, at)
        elif frame.desk.drawer == "charts" and frame.drawer.collidepoint(at):
            tick = frame.charts.tick_at(at)
            if tick is not None:
                self.player.seek(tick)

    def _pick(self, stage: Stage, player: Player, at: tuple[int, int]) -> None:
        """An NPC of a map was clicked, the words in its bubble, or the ground."""
        row = stage.bubble_at(at)
        if row is None:
            picked = stage.pick(at)
            here = self.commands.here(picked)
            self.commands.choose(here)
            if picked is not None and here is None:
                self.frame.tip = (at, f"{player.scene.people[picked].name} is in this run alone")
            return
        speech = player.scene.people[row].speech
        tick = speech.tick if speech is not None else -1
        self.commands.go(Goto(row=row, tick=tick, tab="Why"))

    def _fields(self) -> tuple[tuple[Field, bool], ...]:
        frame = self.frame
        memory = frame.selected is not None and frame.desk.tab == "Memory"
        return (
            (frame.inspector.search, memory),
            (frame.logbook.search, frame.desk.drawer == "log"),
            *((field, field.box.width > 0) for field, _ in self.commands.fields),
        )

    def _bar_text(self) -> str:
        player = self.player
        if not player.started:
            return "waiting for the run to begin"
        how = f"{player.speed:g} ticks/s"
        if player.paused:
            how = "paused"
        elif player.finished:
            how = "the end"
        return f"{player.scene.clock(player.head)}   {how}"
