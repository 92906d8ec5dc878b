"""Sequences on their way: who has a place, what each wants computed, what is kept of it.

The part of the engine between a question and the model: it carries any `Program` through, and
knows nothing of options or words.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Protocol

from npcsim.errors import ModelError
from npcsim.inference.scheduler import (
    Ask,
    Share,
    Urgency,
    Waiter,
    admit,
    compose,
    compose_unified,
)
from npcsim.inference.sequence import Feed, Logits, Program, Slice, in_common
from npcsim.inference.slots import Kept, Shelf
from npcsim.inference.writing import Grammar

#: A shorter prefix is quicker computed than kept.
WORTH_KEEPING = 16


class Runs(Protocol):
    """What the engine needs of a runner: see `runner.Runner` for what each does."""

    context: int
    places: int
    keeps: int
    streams: bool
    budget: int
    token_bytes: int

    def tokens(self, text: str, *, special: bool = False) -> list[int]: ...
    def piece(self, token: int) -> bytes: ...
    def ends(self, token: int) -> bool: ...
    def opening(self) -> list[int]: ...
    def cut(self, seq: int, length: int) -> None: ...
    def decode(self, slices: Sequence[Slice]) -> list[Logits]: ...
    def keep(self, seq: int) -> tuple[Any, int]: ...
    def bring(self, handle: Any, seq: int) -> None: ...
    def drop(self, handle: Any) -> None: ...
    def grammar(self, text: str) -> Grammar: ...


@dataclass(slots=True)
class Stats:
    """Counts since the start. Rows are tokens computed; `filler` rows were read by nobody.

    Of those `dropped`, `evicted` had to make room for somebody else.
    """

    rows: int = 0
    filler: int = 0
    passes: int = 0
    brought: int = 0
    kept: int = 0
    dropped: int = 0
    spared: int = 0
    evicted: int = 0

    def minus(self, other: Stats) -> Stats:
        """What came between two counts."""
        return Stats(*(getattr(self, f.name) - getattr(other, f.name) for f in fields(self)))


@dataclass(slots=True, eq=False)
class Job:
    """One sequence's way through the model.

    `prompt` begins the first feed; `ends` says where its shared and its own part end. `key` names
    what is kept of the own part, None for nothing; the shared part is kept under its tokens,
    `shared`. `done` gets the program's result. `spared`: tokens of the prompt that were not
    computed for it, as they were kept.
    """

    number: int | None
    urgency: Urgency
    program: Program
    prompt: tuple[int, ...]
    ends: Sequence[int]
    key: Hashable | None
    done: Callable[[Any], None]
    writes: bool = False
    seq: int = -1
    held: list[int] = field(default_factory=list)
    length: int = 0  # in the runner's sequence: what is held, and filler behind it
    feed: Feed | None = None
    fed: int = 0
    read: list[Any] = field(default_factory=list)
    asked_shared: bool = False
    spared: int = 0
    shared: tuple[int, ...] | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        if self.ends and self.ends[0] >= WORTH_KEEPING:
            self.shared = self.prompt[: self.ends[0]]

    def hurry(self, urgency: Urgency) -> None:
        """Somebody more urgent waits for it too."""
        self.urgency = min(self.urgency, urgency)

    def left(self) -> int:
        return len(self.feed.tokens) - self.fed if self.feed is not None else 0


class Passes:
    """Jobs waiting and running. `step` computes one pass for some of them."""

    def __init__(self, runner: Runs, kept_bytes: int) -> None:
        self._runner = runner
        self._shelf = Shelf(kept_bytes, runner.keeps)
        self._waiting: list[Job] = []
        self._running: list[Job] = []
        self._free = list(range(runner.places))
        self._building: dict[Hashable, Job] = {}
        self._wrote = False
        self.stats = Stats()

    @property
    def busy(self) -> bool:
        return bool(self._waiting or self._running)

    def take_in(self, job: Job) -> None:
        self._waiting.append(job)

    def cancel(self, number: int) -> None:
        """Forget a job; what it had computed of its prefix is kept if it is whole."""
        self._waiting = [job for job in self._waiting if job.number != number]
        for job in [job for job in self._running if job.number == number]:
            job.program.close()
            self._release(job)

    def step(self) -> None:
        """Give out free places, compute a pass, hand what was read to the programs."""
        self._give_places()
        asks = self._asks()
        if not asks:
            return
        compute = compose if self._runner.streams else compose_unified
        shares = compute(asks, self._runner.budget)
        jobs = {job.seq: job for job in self._running}
        self._wrote = jobs[shares[0].seq].writes and all(share.rows == 1 for share in shares)
        slices = [self._slice(jobs[share.seq], share) for share in shares]
        try:
            logits = iter(self._runner.decode(slices))
        except ModelError as error:
            for share in shares:
                self._end(jobs[share.seq], error)
            return
        self._count(shares)
        for share, part in zip(shares, slices, strict=True):
            rows = [next(logits) for _ in part.wanted]
            self._take_note(jobs[share.seq], part, share.take, rows)
        for share in shares:
            job = jobs[share.seq]
            if job.left() == 0 and job.seq >= 0:
                self._send(job, job.read)

    def _asks(self) -> list[Ask]:
        """What the running jobs want. Writers and readers take turns among equals."""
        asks = [
            Ask(job.seq, job.left(), job.urgency, job.feed is not None and job.feed.grows)
            for job in self._running
        ]
        if self._wrote and self._runner.streams:
            others = [ask for ask in asks if not ask.grows]
            top = min((ask.urgency.rank for ask in asks), default=0)
            if any(ask.urgency.rank == top for ask in others):
                return others
        elif self._runner.streams and any(ask.grows for ask in asks):
            top = min(ask.urgency.rank for ask in asks)
            if any(ask.grows and ask.urgency.rank == top for ask in asks):
                return [ask for ask in asks if ask.grows]
        return asks

    def _slice(self, job: Job, share: Share) -> Slice:
        assert job.feed is not None
        at = len(job.held)
        if job.length > at:
            self._runner.cut(job.seq, at)
        tokens = list(job.feed.tokens[job.fed : job.fed + share.take])
        wanted = tuple(p for p in range(share.take) if job.fed + p in job.feed.reads)
        tokens += tokens[-1:] * (share.rows - share.take)
        return Slice(job.seq, at, tokens, wanted)

    def _take_note(self, job: Job, part: Slice, take: int, rows: Sequence[Logits]) -> None:
        """A slice is computed: read from it what its job wants to know."""
        if job.seq < 0 or job.feed is None:
            return
        try:
            for place, row in zip(part.wanted, rows, strict=True):
                job.read.append(job.feed.reads[job.fed + place](row))
        except ModelError as error:
            job.program.close()
            self._end(job, error)
            return
        job.held += part.tokens[:take]
        job.fed += take
        job.length = part.position + len(part.tokens)

    def _count(self, shares: Sequence[Share]) -> None:
        self.stats.passes += 1
        self.stats.rows += sum(share.take for share in shares)
        self.stats.filler += sum(share.rows - share.take for share in shares)

    def _send(self, job: Job, read: list[Any] | None) -> None:
        """Let a program go on to its next feed, or to its end."""
        try:
            feed = next(job.program) if read is None else job.program.send(read)
        except StopIteration as end:
            self._end(job, end.value)
        except ModelError as error:
            self._end(job, error)
        else:
            del job.held[feed.held :]
            job.feed, job.fed, job.read = feed, 0, []

    def _end(self, job: Job, result: Any) -> None:
        if job.seq < 0:  # cancelled by what came of another in this same step
            return
        self._release(job)
        job.done(result)

    # -- places and what is kept -------------------------------------------------------------

    def _give_places(self) -> None:
        if not self._free or not self._waiting:
            return
        ready = [job for job in self._waiting if not self._waits_for_shared(job)]
        waiters = [
            Waiter(at, job.urgency, job.writes, self._missing(job)) for at, job in enumerate(ready)
        ]
        writing = sum(job.writes for job in self._running)
        running = [job.urgency for job in self._running]
        places = len(self._free) + len(running)
        numbers = admit(waiters, places=places, running=running, writing=writing)
        taken = [ready[at] for at in numbers]
        ids = {id(job) for job in taken}
        self._waiting = [job for job in self._waiting if id(job) not in ids]
        self._running += taken
        # Neighbours with as many rows to compute go together in a pass.
        taken.sort(key=lambda job: (job.writes, len(job.prompt) - self._found(job)[1]))
        self._free.sort()
        for job in taken:
            job.seq = self._free.pop(0)
        for job in taken:
            self._begin(job)

    def _begin(self, job: Job) -> None:
        """Bring what is kept of a job's prefix, and start its program behind that."""
        if job.seq < 0:  # cancelled by what came of another in this same step
            return
        self._send(job, None)
        kept, same = self._found(job)
        if kept is None or job.feed is None:
            return
        try:
            self._runner.bring(kept.handle, job.seq)
        except ModelError as error:
            job.program.close()
            self._end(job, error)
            return
        self._shelf.need(self._key_of(job, kept))
        self.stats.brought += 1
        self.stats.spared += same
        # Its shared part was computed for it, if by another job.
        job.spared = max(0, same - (len(job.shared or ()) if job.asked_shared else 0))
        job.held = list(kept.tokens[:same])
        job.length = len(kept.tokens)
        job.fed = same

    def _key_of(self, job: Job, kept: Kept) -> Hashable:
        own = None if job.key is None else self._shelf.look(job.key)
        return job.key if own is kept else job.shared

    def _found(self, job: Job) -> tuple[Kept | None, int]:
        """What is kept that a job can begin with, and how many of its tokens are the job's."""
        best: tuple[Kept | None, int] = (None, 0)
        for key in (job.key, job.shared):
            kept = None if key is None else self._shelf.look(key)
            if kept is not None:
                # Less than is worth keeping is not worth bringing either.
                # The last row of the prompt is read, so it is always computed.
                same = min(in_common(kept.tokens, job.prompt), len(job.prompt) - 1)
                if same >= WORTH_KEEPING:
                    best = max(best, (kept, same), key=lambda found: found[1])
        return best

    def _missing(self, job: Job) -> int:
        return max(0, max(job.ends, default=0) - self._found(job)[1])

    def _waits_for_shared(self, job: Job) -> bool:
        """Whether a job's shared prefix is being computed; sees to it that it is, once."""
        key = job.shared
        if key is None or key == job.key or self._shelf.look(key) is not None:
            return False
        if key in self._building:
            self._building[key].hurry(job.urgency)
            return True
        size = len(key) * self._runner.token_bytes
        if job.asked_shared or not self._shelf.could_hold(size):
            return False
        if job.key is not None and self._found(job)[1] >= job.ends[0]:
            return False
        job.asked_shared = True
        builder = Job(None, job.urgency, _only(key), key, (len(key),), key, lambda _: None)
        self._building[key] = builder
        self._waiting.append(builder)
        return True

    def _release(self, job: Job) -> None:
        """Free a job's place, keeping its prefix if that is whole and not kept yet."""
        self._running.remove(job)
        key = job.shared if job.key is None else job.key
        end = max(job.ends, default=0) if job.key is not None else 0
        if end >= WORTH_KEEPING and key is not None and len(job.held) >= end:
            self._keep(job, key, end)
        self._building.pop(key, None)
        self._runner.cut(job.seq, 0)
        self._free.append(job.seq)
        job.seq = -1

    def _keep(self, job: Job, key: Hashable, end: int) -> None:
        tokens = tuple(job.held[:end])
        old = self._shelf.look(key)
        size = end * self._runner.token_bytes
        if (old is not None and old.tokens == tokens) or not self._shelf.could_hold(size):
            return
        for kept in self._shelf.make_room(key, size):
            self._runner.drop(kept.handle)
            self.stats.dropped += 1
            self.stats.evicted += kept is not old
        self._runner.cut(job.seq, end)
        handle, size = self._runner.keep(job.seq)
        self._shelf.put(key, Kept(tokens, handle, size))
        self.stats.kept += 1


def _only(tokens: Sequence[int]) -> Program:
    """Computes a prefix and reads nothing."""
    yield Feed(0, tokens)
