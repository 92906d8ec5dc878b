"""`npcsim bench decisions`: small decisions a second, beside others and beside llama.cpp's ceiling.

Every NPC asks one question a round. All sides get the same questions, weights and threads, and
take turns, round by round, each with its prefixes warm. Sides: `scored`, the engine with all
options scored; `lettered`, the engine in the one-token form; `llama` and `llama_cached`,
llama-cpp-python's `Llama` in a loop with its two ways to reuse a prefix; `xllamacpp`, llama.cpp's
server with a slot for each NPC; `ceiling`, the rows that scoring needs in prebuilt arrays.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from npcsim.bench import decisions_server as server
from npcsim.bench.compare import SPIN, Measured, Stepper, alternate
from npcsim.bench.decisions_ceiling import Ceiling
from npcsim.bench.decisions_llama import Alone
from npcsim.bench.decisions_ours import Ours, shares_of_time
from npcsim.bench.decisions_texts import LETTERS, Case, Shape, Village
from npcsim.inference.choosing import spoken
from npcsim.inference.engine import SCORING
from npcsim.inference.runner import Runner, recast
from npcsim.models.digests import sha256_of
from npcsim.models.library.names import AS_SHIPPED, BUNDLED, named, prepared_path

NPCS = 64
ROUNDS = 5
SHORT_OWN = 35
SIZES = (16, 256)
#: Of the sequences that the larger size needs, how many its budget holds: every round a sixteenth
#: of the NPCs finds its own part dropped and has it computed anew.
KEPT = 15 / 16
PARTS = MARKED, SHORT, BY_SIZE = ("marked", "short", "sizes")
MEMORY = 2 << 30
CONTEXT = 2048
LONGEST = 768  # cells of a sequence, for the sides that set them by themselves

Told = Callable[[str], None]


@dataclass(slots=True)
class Turn:
    """A side as `alternate` wants it: each step is the next round that this side has not had."""

    n: int
    ask: Callable[[int], object]
    rounds: list[int]

    def step(self) -> None:
        self.ask(self.rounds.pop(0))


@dataclass(frozen=True, slots=True)
class Setting:
    """What all sides have in common. `layers`: on the GPU, -1 for all."""

    path: Path
    threads: int
    layers: int
    rounds: int
    told: Told


def bench(
    path: Path,
    npcs: int = NPCS,
    rounds: int = ROUNDS,
    *,
    threads: int | None = None,
    sizes: tuple[int, int] = SIZES,
    shape: Shape | None = None,
    parts: Sequence[str] = PARTS,
    told: Told = lambda line: None,
) -> dict[str, Any]:
    """Measure with the model at `path`. Ratios are medians over rounds, paired by round.

    `vs_llama`: decisions a second of `scored` over those of `llama`, which keeps what its last
    prompt and this one have in common, as `Llama` does by itself; `vs_llama_cached`: over those of
    `llama_cached`, which was given a `LlamaRAMCache` with room for every NPC's state, and so
    computes an NPC's own part once too; `vs_xllamacpp`: `lettered` over `xllamacpp`, None where
    that is not installed (`skipped` says why); `of_ceiling`: `scored` over `ceiling`;
    `cost_256_over_16`: seconds a decision at the larger of `sizes`, of which a budget holds `KEPT`,
    over that at the smaller. `short`: the same with an own part of 35 tokens. `per_second`:
    decisions, by side: median, least, most.
    `cpu`: the same ratios in processor time. `parts` says which of `PARTS` are measured; what
    is left out has no keys. Raises `ModelError`.
    """
    os.environ.setdefault(*SPIN)
    runner = Runner(
        str(path), threads=threads or os.cpu_count() or 1, context=CONTEXT, memory=MEMORY
    )
    layers = -1 if runner.device == "gpu" else 0
    setting = Setting(path, threads or os.cpu_count() or 1, layers, rounds, told)
    shape = shape or Shape()
    try:
        found: dict[str, Any] = {}
        if MARKED in parts:
            found |= _against_others(runner, setting, npcs, shape)
        if SHORT in parts:
            short = replace(shape, own=min(shape.own, SHORT_OWN))
            found["short"] = _against_others(runner, setting, npcs, short)
        if BY_SIZE in parts:
            found |= _by_size(runner, setting, sizes, shape)
        return found | {
            "npcs": npcs,
            "rounds": rounds,
            "threads": setting.threads,
            "device": runner.device,
            "model": path.name,
            "fingerprint": f"{sha256_of(path)[:16]}/{runner.arithmetic()}/"
            f"{'streams' if runner.streams else 'unified'}/{SCORING}",
            "versions": _versions(),
        }
    finally:
        runner.close()


def main(model: str, npcs: int, rounds: int, as_json: bool, part: str = "") -> int:
    """What the command calls: measure `part` or all, print, and return its exit code."""
    parts = (part,) if part else PARTS
    file = named(model)
    path = _prepared(file.path) if model == BUNDLED and file.name == AS_SHIPPED else file.path
    if as_json:
        print(json.dumps(bench(path, npcs, rounds, parts=parts)))
        return 0
    found = bench(
        path, npcs, rounds, parts=parts, told=lambda line: print(f"... {line}", flush=True)
    )
    for line in lines(found):
        print(line)
    return 0


def lines(found: Mapping[str, Any]) -> list[str]:
    """The report for people."""
    told = [""]
    shapes = [(found, "the marked shape")] if "shape" in found else []
    shapes += [(found["short"], "a short own part")] if "short" in found else []
    for part, title in shapes:
        spread = part["spread"]
        told += [_shape_line(title, part["shape"]), *_table(part["per_second"])]
        told += [
            f"scored: {part['vs_llama']:.2f} x Llama with its own prefix match "
            f"({spread['vs_llama'][0]:.2f} to {spread['vs_llama'][1]:.2f}), "
            f"{part['vs_llama_cached']:.2f} x with a RAM cache for every NPC, "
            f"{part['of_ceiling']:.1%} of the ceiling "
            f"({spread['of_ceiling'][0]:.1%} to {spread['of_ceiling'][1]:.1%})",
            f"one token: {_times(part['vs_xllamacpp'])} xllamacpp's server",
            f"in processor time: {part['cpu']['vs_llama']:.2f} x Llama, "
            f"{part['cpu']['vs_llama_cached']:.2f} x with a RAM cache, "
            f"{part['cpu']['of_ceiling']:.1%} of the ceiling, "
            f"{_times(part['cpu']['vs_xllamacpp'])} xllamacpp's server",
        ]
        told += [f"skipped: {side}: {why}" for side, why in part["skipped"].items()]
        shares = ", ".join(f"{name} {share:.1%}" for name, share in part["time"].items())
        told += [f"time of a scored round: {shares}", ""]
    cost = found.get("cost")
    if cost is not None:
        told.append(
            f"cost of a decision, {cost['large']} NPCs over {cost['small']}: "
            f"{found['cost_256_over_16']:.2f} (in processor time {cost['cpu']:.2f}); "
            f"{cost['kept']:.0%} of the sequences fit, {cost['dropped']:.1f} dropped a round"
        )
    told += [
        f"{found['rounds']} rounds, {found['threads']} threads, {found['device']}, "
        f"{found['model']} ({found['fingerprint']})",
        ", ".join(f"{name} {number}" for name, number in found["versions"].items()),
    ]
    return told


def _against_others(runner: Runner, setting: Setting, npcs: int, shape: Shape) -> dict[str, Any]:
    """All sides in turns at one shape; see `bench`."""
    village = Village(runner, npcs, shape)
    rounds = [village.round(number) for number in range(setting.rounds + 2)]
    warm = rounds[0]
    with ExitStack() as stack:
        setting.told(f"own part of {shape.own} tokens, {npcs} NPCs: computing what is kept")
        ours = Ours(runner, 2 * npcs * (shape.rules + shape.own) * runner.token_bytes)
        ours.warm(warm, village.options)
        sides: dict[str, Callable[[int], object]] = {
            "scored": lambda at: ours.scored(rounds[at]),
            "lettered": lambda at: ours.lettered(rounds[at]),
        }
        sides["ceiling"] = _ceiling(stack, setting, rounds, shape)
        room = 2 * npcs * LONGEST * runner.token_bytes
        for name, cache in (("llama", 0), ("llama_cached", room)):
            alone = Alone(
                setting.path, setting.threads, longest=LONGEST, cache=cache, layers=setting.layers
            )
            stack.callback(alone.close)
            setting.told(f"own part of {shape.own} tokens: {name}'s first round")
            alone.lettered(warm if cache else warm[:1])
            sides[name] = lambda at, alone=alone: alone.lettered(rounds[at])  # type: ignore[misc]
        letters = [runner.tokens(spoken(letter))[0] for letter in LETTERS]
        why, cpu = _serve(stack, setting, rounds, letters, sides)
        setting.told(f"own part of {shape.own} tokens: {setting.rounds} rounds of {len(sides)}")
        measured = _in_turns(setting, {name: (npcs, ask) for name, ask in sides.items()})
        times = shares_of_time(ours, rounds[-1])
    report = _compared(measured, cpu)
    skipped = {"xllamacpp": why} if why else {}
    return report | {"shape": asdict(shape), "skipped": skipped, "time": times}


def _ceiling(
    stack: ExitStack, setting: Setting, rounds: Sequence[Sequence[Case]], shape: Shape
) -> Callable[[int], object]:
    """The ceiling's side. Its arrays are laid out here, before anything is timed."""
    ceiling = Ceiling(
        setting.path, setting.threads, len(rounds[0]), longest=LONGEST, layers=setting.layers
    )
    stack.callback(ceiling.close)
    prefixes = [case.prompt[: shape.rules + shape.own] for case in rounds[0]]
    ceiling.hold(prefixes, shape.rules)
    calls = [ceiling.calls(cases) for cases in rounds]
    ceiling.run(calls[0])
    return lambda at: ceiling.run(calls[at])


def _serve(
    stack: ExitStack,
    setting: Setting,
    rounds: Sequence[Sequence[Case]],
    letters: Sequence[int],
    sides: dict[str, Callable[[int], object]],
) -> tuple[str, list[float]]:
    """Add the server's side if there can be one; -> (why not, where its cpu seconds will be)."""
    npcs, cpu = len(rounds[0]), list[float]()
    why = server.missing()
    if setting.layers:
        why = "its wheel computes on the CPU"
    elif npcs > server.MOST_SLOTS:
        why = f"it has at most {server.MOST_SLOTS} slots"
    if why:
        return why, cpu
    setting.told("xllamacpp: the server's first round")
    serving = server.Server(setting.path, setting.threads, npcs, longest=LONGEST, letters=letters)
    stack.callback(serving.close)
    serving.lettered(rounds[0])

    def ask(at: int) -> None:
        serving.lettered(rounds[at])
        cpu.append(serving.cpu)

    sides["xllamacpp"] = ask
    return "", cpu


def _in_turns(
    setting: Setting, sides: Mapping[str, tuple[int, Callable[[int], object]]]
) -> Measured:
    """Time sides of so many NPCs each, in turns; each has had round 0 before."""
    turns = {
        name: Turn(npcs, ask, list(range(1, setting.rounds + 1)))
        for name, (npcs, ask) in sides.items()
    }
    makes: dict[str, Callable[[], Stepper]] = {
        name: lambda turn=turn: turn  # type: ignore[misc]
        for name, turn in turns.items()
    }
    return alternate(makes, repeats=setting.rounds, ticks=1)


def _compared(measured: Measured, server_cpu: Sequence[float]) -> dict[str, Any]:
    """The figures of one shape. The server's processor time is counted in its own process."""
    sides = dict(measured.sides)
    if server_cpu:
        one = sides["xllamacpp"]
        used = tuple(seconds * 1e9 / one.n for seconds in server_cpu)
        sides["xllamacpp"] = replace(one, cpu_ns=used)
    wall = Measured(sides)
    cpu = Measured({name: replace(side, ns=side.cpu_ns) for name, side in sides.items()})
    return {
        **_ratios(wall, Measured.ratio),
        "spread": _ratios(wall, _span),
        "cpu": _ratios(cpu, Measured.ratio),
        "per_second": {
            name: {
                "median": 1e9 / side.median, "least": 1e9 / max(side.ns),
                "most": 1e9 / min(side.ns), "cpu_ms": cpu.sides[name].median / 1e6,
            }
            for name, side in sides.items()
        },
    }  # fmt: skip


def _span(measured: Measured, slow: str, fast: str) -> list[float]:
    ratios = measured.ratios(slow, fast)
    return [min(ratios), max(ratios)]


def _ratios(measured: Measured, of: Callable[[Measured, str, str], Any]) -> dict[str, Any]:
    there = "xllamacpp" in measured.sides
    return {
        "vs_llama": of(measured, "llama", "scored"),
        "vs_llama_cached": of(measured, "llama_cached", "scored"),
        "vs_xllamacpp": of(measured, "xllamacpp", "lettered") if there else None,
        "of_ceiling": of(measured, "ceiling", "scored"),
    }


def _by_size(
    runner: Runner, setting: Setting, sizes: tuple[int, int], shape: Shape
) -> dict[str, Any]:
    """Cost of a decision at the larger size over that at the smaller; see `bench`."""
    if not runner.streams:
        return {"cost_256_over_16": None, "cost": None}
    small, large = sizes
    sides: dict[str, tuple[int, Callable[[int], object]]] = {}
    engines: list[Ours] = []
    for npcs, share in ((small, 2.0), (large, KEPT)):
        village = Village(runner, npcs, shape)
        each = (shape.rules + shape.own) * runner.token_bytes
        # llama.cpp's own bookkeeping comes on top of what a token's numbers take.
        ours = Ours(runner, int(share * npcs * each * 1.002) + each)
        setting.told(f"{npcs} NPCs: computing what is kept")
        ours.warm(village.round(0), village.options)
        engines.append(ours)
        rounds = [village.round(number) for number in range(setting.rounds + 1)]
        sides[str(npcs)] = (npcs, lambda at, o=ours, r=rounds: o.scored(r[at]))  # type: ignore[misc]
    setting.told(f"{small} and {large} NPCs: {setting.rounds} rounds")
    before = engines[1].counts()
    measured = _in_turns(setting, sides)
    dropped = engines[1].counts().minus(before).dropped / setting.rounds
    one, other = measured.sides[str(large)], measured.sides[str(small)]
    cpu = Measured({n: replace(s, ns=s.cpu_ns) for n, s in measured.sides.items()})
    return {
        "cost_256_over_16": measured.ratio(str(large), str(small)),
        "cost": {
            "small": small, "large": large, "kept": KEPT, "dropped": dropped,
            "ms": {str(large): one.median / 1e6, str(small): other.median / 1e6},
            "spread": _span(measured, str(large), str(small)),
            "cpu": cpu.ratio(str(large), str(small)),
        },
    }  # fmt: skip


def _prepared(shipped: Path) -> Path:
    """The bundled model's Q8_0, made now if it was not there yet."""
    target = prepared_path(shipped)
    if not target.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_suffix(f".{os.getpid()}")
        recast(str(shipped), str(unfinished), os.cpu_count() or 1)
        unfinished.replace(target)
    return target


def _shape_line(title: str, shape: Mapping[str, Any]) -> str:
    return (
        f"{title}: rules {shape['rules']} tokens, own part {shape['own']}, fresh "
        f"{shape['fresh'][0]} to {shape['fresh'][1]}, {shape['options']} options of "
        f"{shape['option'][0]} to {shape['option'][1]}"
    )


def _table(sides: Mapping[str, Mapping[str, float]]) -> list[str]:
    rows = [f"{'decisions a second':<20}{'median':>8}{'least':>8}{'most':>8}{'cpu ms each':>14}"]
    for name, side in sides.items():
        rows.append(
            f"{name:<20}{side['median']:>8.2f}{side['least']:>8.2f}{side['most']:>8.2f}"
            f"{side['cpu_ms']:>14.0f}"
        )
    return rows


def _times(ratio: float | None) -> str:
    return "not beside" if ratio is None else f"{ratio:.2f} x"


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in ("npcsim", "llama_cpp_python", "xllamacpp"):
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found | {"processors": str(os.cpu_count()), "machine": platform.machine()}
