"""`npcsim bench reflex`: a battle of state machines in npcsim, in Mesa and in bare NumPy.

Three sides play the rules of `reflex_rules`, in turns, each time from the same start, over a span
of ticks that sees every phase of the battle: marching, fighting, fleeing, standing about. The
clock runs from before the first tick until npcsim's run store has acknowledged the last one.
That all sides play the same battle, bit for bit, is checked at the end.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from npcsim.bench import reflex_rules as rules
from npcsim.bench.compare import Measured, Stepper, alternate
from npcsim.bench.reflex_floor import Floor
from npcsim.bench.reflex_mesa import SPACES, MesaSide, Space
from npcsim.bench.reflex_npcsim import Field, NpcsimSide
from npcsim.errors import BrokenInvariant

SEED = 1
TICKS = 30
MESA_SIZES = (10_000,)  # more takes Mesa too long to wait for
FASTEST: Space = "grid"


def bench(
    sizes: Sequence[int] = (10_000, 100_000),
    repeats: int = 5,
    ticks: int = TICKS,
    mesa_sizes: Sequence[int] = MESA_SIZES,
    spaces: Sequence[Space] = SPACES,
    told: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """Measure. Figures are medians over `repeats`, by size (as text); ratios are paired by turn.

    `vs_mesa`: Mesa's time in its fastest space over npcsim's; `vs_floor`: npcsim's over the
    floor's; `ns_per_npc_tick`, `floor_ns`: nanoseconds an NPC and tick; `mesa_ns`: by space, those
    but the fastest run once; `cpu`: the same ratios and npcsim's time in processor time of all
    threads; `spread`: least and most. `told` hears what is being done.

    Raises MissingExtra without Mesa, BrokenInvariant if the sides did not play the same battle.
    """
    report: dict[str, Any] = {
        "vs_mesa": {}, "vs_floor": {}, "ns_per_npc_tick": {}, "floor_ns": {}, "mesa_ns": {},
        "cpu": {}, "spread": {}, "ticks": ticks, "repeats": repeats, "seed": SEED,
        "versions": _versions(),
    }  # fmt: skip
    for n in sizes:
        told(f"{n:,} NPCs: {repeats} turns of {ticks} ticks")
        field = Field(n, SEED)
        with_mesa = n in mesa_sizes
        sides: dict[str, Callable[[], Stepper]] = {
            "npcsim": lambda field=field: NpcsimSide(field),  # type: ignore[misc]
            "floor": lambda n=n: Floor(n, SEED),  # type: ignore[misc]
        }
        if with_mesa:
            sides["mesa"] = lambda n=n: MesaSide(n, SEED, FASTEST)  # type: ignore[misc]
        _enter(report, str(n), alternate(sides, repeats=repeats, ticks=ticks))
        if with_mesa:
            report["mesa_ns"][str(n)] |= _other_spaces(n, ticks, spaces, told)
        told(f"{n:,} NPCs: is it the same battle?")
        check(field, n, ticks)
    return report


def check(field: Field, n: int, ticks: int) -> None:
    """Play npcsim's side and the floor's once more. Raises BrokenInvariant where they differ."""
    floor, side = Floor(n, SEED), NpcsimSide(field)
    try:
        side.steps(ticks)
        for _ in range(ticks):
            floor.step()
        for name in ("x", "y", "hp", "state"):
            if not np.array_equal(getattr(floor, name), getattr(side, name)):
                raise BrokenInvariant(f"npcsim and the floor differ in {name} after {ticks} ticks")
    finally:
        side.close()


def main(as_json: bool) -> int:
    """What the command calls: measure, print, and return its exit code."""
    if as_json:
        print(json.dumps(bench()))
        return 0
    report = bench(told=lambda line: print(f"... {line}", flush=True))
    for line in lines(report):
        print(line)
    return 0


def lines(report: dict[str, Any]) -> list[str]:
    """The report for people."""
    found = [
        "",
        f"{rules.__name__.rpartition('.')[2]}: ticks 1 to {report['ticks']}, "
        f"medians of {report['repeats']}, nanoseconds an NPC and tick",
        f"{'NPCs':>9}  {'npcsim':>8}  {'floor':>8}  {'Mesa':>8}  {'x floor':>8}  {'x Mesa':>8}",
    ]
    for size, ns in report["ns_per_npc_tick"].items():
        mesa = report["mesa_ns"].get(size, {}).get(FASTEST)
        ratio = report["vs_mesa"].get(size)
        found.append(
            f"{int(size):>9,}  {ns:>8.0f}  {report['floor_ns'][size]:>8.0f}  "
            f"{'' if mesa is None else f'{mesa:.0f}':>8}  {report['vs_floor'][size]:>8.2f}  "
            f"{'' if ratio is None else f'{ratio:.1f}':>8}"
        )
    for size, spaces in report["mesa_ns"].items():
        slower = [f"{name} {ns:.0f}" for name, ns in spaces.items() if name != FASTEST]
        if slower:
            found.append(f"Mesa's other spaces at {int(size):,}: {', '.join(slower)}")
    for size, cpu in report["cpu"].items():
        found.append(
            f"processor time of all threads at {int(size):,}: npcsim {cpu['ns_per_npc_tick']:.0f}, "
            f"{cpu['vs_floor']:.2f} x floor"
        )
    found.append(", ".join(f"{name} {number}" for name, number in report["versions"].items()))
    return found


def _enter(report: dict[str, Any], size: str, measured: Measured) -> None:
    ours, floor = measured.sides["npcsim"], measured.sides["floor"]
    report["ns_per_npc_tick"][size] = ours.median
    report["floor_ns"][size] = floor.median
    report["vs_floor"][size] = measured.ratio("npcsim", "floor")
    cpu = [one / other for one, other in zip(ours.cpu_ns, floor.cpu_ns, strict=True)]
    report["cpu"][size] = {
        "ns_per_npc_tick": statistics.median(ours.cpu_ns), "vs_floor": statistics.median(cpu),
    }  # fmt: skip
    if "mesa" in measured.sides:
        report["vs_mesa"][size] = measured.ratio("mesa", "npcsim")
        report["mesa_ns"][size] = {FASTEST: measured.sides["mesa"].median}
    report["spread"][size] = {
        name: [min(side.ns), max(side.ns)] for name, side in measured.sides.items()
    }


def _other_spaces(
    n: int, ticks: int, spaces: Sequence[Space], told: Callable[[str], None]
) -> dict[str, float]:
    found: dict[str, float] = {}
    for space in spaces:
        if space != FASTEST:
            told(f"{n:,} NPCs: once in Mesa's {space} space")
            side: dict[str, Callable[[], Stepper]] = {
                space: lambda space=space: MesaSide(n, SEED, space)  # type: ignore[misc]
            }
            found[space] = alternate(side, repeats=1, ticks=ticks).sides[space].median
    return found


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in ("npcsim", "numpy", "mesa"):
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found | {"processors": str(os.cpu_count()), "machine": platform.machine()}
