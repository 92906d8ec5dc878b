"""Over sixty files that mean harm: all refused by a typed error, soon, without filling the memory.

They are read in a process of their own, whose peak of memory says what refusing them cost.
"""

from __future__ import annotations

import base64
import json
import os
import resource
import shutil
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from time import process_time

import pytest

from npcsim.assembly.build import read
from npcsim.errors import ScenarioError

ROOT = Path(__file__).parents[2]
MAPS = ROOT / "tests" / "data" / "maps"
MOST_SECONDS = 1.0
MOST_BYTES = 200 * 1024 * 1024

BASE = "scenario: hostile\nplaces: {here: {}}\nnpcs: {Ann: {at: here}}\n"
FIELD = "scenario: hostile\nsize: [20, 20]\nplaces: {here: {x: 5, y: 5}}\n"
ANN = "npcs: {Ann: {at: here}}\n"
DEEP = 5000


def guard(text: str) -> str:
    """A scenario whose one guard is this."""
    return f'{BASE}stop: {{when: "{text}"}}\n'


def call(text: str) -> str:
    """A scenario whose one plan is this step."""
    return f"{BASE}plans: {{p: {{option: do it, steps: ['{text}']}}}}\n"


def drawn(lines: list[str], legend: str = "{}") -> str:
    rows = "".join(f"  {line}\n" for line in lines)
    return f"scenario: hostile\nmap: |\n{rows}legend: {legend}\nnpcs: {{Ann: {{}}}}\n"


BOMB = "a: &a [x, x]\n" + "".join(
    f"{new}: &{new} [*{old}, *{old}, *{old}]\n"
    for old, new in zip("abcdefghijk", "bcdefghijkl", strict=True)
)

# The scenario file alone is hostile.
TEXTS: dict[str, str] = {
    "alias bomb": BOMB,
    "alias of itself": "a: &a [*a]\n" + BASE,
    "merge bomb": "a: &a {x: 1}\nb: {<<: [" + "*a," * 200_000 + "]}\n",
    "many anchors": "".join(f"k{i}: &a{i} x\n" for i in range(50_000)),
    "deep brackets": "places: " + "[" * 900_000,
    "deep braces": "places: " + "{a: " * 400_000,
    "deep indentation": "".join("  " * i + "a:\n" for i in range(1_300)),
    "deep dashes": "- " * 900_000,
    "many pieces": "ways: [" + "1," * 900_000 + "]",
    "an endless quote": "'" + "x" * 1_900_000,
    "a python object": BASE + "title: !!python/object/apply:os.system [ls]\n",
    "an unknown tag": BASE + "title: !evil x\n",
    "not utf-8": BASE + "title: \udcff\udcfe\n",
    "nulls": BASE + "title: a\0b\n",
    "a number of a million digits": BASE + "seed: " + "9" * 1_000_000 + "\n",
    "a number past all counting": BASE + "temper: 1e999999999\n",
    "a hexadecimal giant": BASE + "seed: 0x" + "f" * 500_000 + "\n",
    "not a number": FIELD + "npcs: {Ann: {x: .nan, y: 1}}\n",
    "infinite": FIELD + "npcs: {Ann: {x: .inf, y: 1}}\n",
    "a NaN in a draw": BASE + "archetypes: {a: {traits: {hp: 'uniform(nan, nan)'}}}\n",
    "an infinite duration": BASE + "clock: {tick: 1e300 h}\n",
    "a duration of digits": BASE + "clock: {tick: " + "9" * 5000 + " s}\n",
    "a negative tick": BASE + "clock: {tick: -5 s}\n",
    "a moment at the end of time": BASE + "clock: {end: day 999999999999999999999}\n",
    "a giant field": "size: [1000000000, 1000000000]\nplaces: {here: {}}\n" + ANN,
    "an area below nought": FIELD.replace("x: 5, y: 5", "area: [-9, -9, 5, 5]") + ANN,
    "an area of giant numbers": FIELD.replace("x: 5, y: 5", f"area: [0, 0, {10**18}, {10**18}]")
    + ANN,
    "more people than there can be": BASE.replace("at: here", "count: 1000000000"),
    "a thousand times a million people": FIELD
    + "npcs:\n"
    + "".join(f"  n{i}: {{at: here, count: 1000000}}\n" for i in range(1_000)),
    "a million people": FIELD + "npcs: {n: {at: here, count: 1000000}}\n",
    "a negative count": BASE.replace("at: here", "count: -1"),
    "a name without end": BASE + "items: {" + "x" * 100_000 + ": {}}\n",
    "a guard of brackets": guard("(" * 240 + "1" + ")" * 240),
    "a guard of nots": guard("not " * 120 + "1 > 0"),
    "a guard of powers": guard("9 ** 9 ** 9 ** 9 ** 9 > 0"),
    "a guard of minuses": guard("-" * 490 + "1 > 0"),
    "a guard too long": guard("1 + " * 5_000 + "1 > 0"),
    "a guard that imports": guard("__import__('os').system('ls')"),
    "a guard that reaches in": guard("hp.__class__.__mro__ > 0"),
    "a guard that never ends": guard("[x for x in hp] > 0"),
    "a guard of a giant number": guard("any(hp > 1e999)"),
    "a guard of nested calls": guard("near(" * 90 + "foe" + ")" * 90 + " < 3"),
    "a call of brackets": call("go_to(" * DEEP + ")" * DEEP),
    "a call of commas": call("go_to(" + "," * 100_000 + ")"),
    "a map drawn too large": drawn(["#" * 600] * 400),
    "a map drawn too long": drawn(["#"] * 20_000),
    "a map of nothing but letters": drawn([chr(0x4E00 + i) * 3 for i in range(400)]),
    "a legend of long letters": drawn(["#.#"], "{abc: table}"),
    "a map by a path from the root": BASE + "map: /etc/passwd\n",
    "a map by a path upwards": BASE + "map: ../../../../etc/passwd\n",
    "a world by a path": BASE + "uses: ../../secrets\n",
}


def text_file(folder: Path, text: str) -> Path:
    path = folder / "hostile.yaml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    return path


def mapped(folder: Path, change: Callable[[str], str], name: str = "bridge.tmx") -> Path:
    """A scenario on the small map, which was changed."""
    shutil.copytree(MAPS, folder, dirs_exist_ok=True)
    there = folder / name
    there.write_text(change(there.read_text(encoding="utf-8")), encoding="utf-8")
    return text_file(folder, "scenario: hostile\nmap: bridge.tmx\nnpcs: {Ann: {}}\n")


def lying_picture(folder: Path) -> Path:
    """A PNG of a few bytes whose header promises four thousand million pixels a side."""
    path = mapped(folder, lambda text: text)
    header = struct.pack(">IIBBBBB", 2**32 - 1, 2**32 - 1, 8, 6, 0, 0, 0)
    (folder / "bits.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + header)
    return path


def packed_bomb(folder: Path) -> Path:
    """A layer that unpacks to 200 MB."""
    packer = zlib.compressobj(1)
    parts = [packer.compress(bytes(1_000_000)) for _ in range(200)]
    bomb = base64.b64encode(b"".join(parts) + packer.flush()).decode()
    data = f'<data encoding="base64" compression="zlib">{bomb}</data>'
    plain = '<data encoding="csv">\n1,1'

    def change(text: str) -> str:
        start = text.index(plain)
        return text[:start] + data + text[text.index("</data>") + len("</data>") :]

    return mapped(folder, change)


def entities(text: str) -> str:
    lines = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, 12))
    return text.replace("?>", f'?><!DOCTYPE map [<!ENTITY e0 "x">{lines}]>', 1)


def linked_map(folder: Path) -> Path:
    outside = folder.parent / f"{folder.name}-outside.tmx"
    shutil.copy(MAPS / "bridge.tmx", outside)
    (folder / "bridge.tmx").symlink_to(outside)
    return text_file(folder, "scenario: hostile\nmap: bridge.tmx\nnpcs: {Ann: {}}\n")


def linked_world(folder: Path) -> Path:
    world = folder / "worlds" / "there"
    world.mkdir(parents=True)
    outside = folder.parent / f"{folder.name}-outside.yaml"
    outside.write_text("places: {here: {}}\n", encoding="utf-8")
    (world / "world.yaml").symlink_to(outside)
    return text_file(folder, BASE + "uses: there\n")


def circle(folder: Path, count: int) -> Path:
    """Worlds that use one another in a circle, or in a chain without end."""
    for number in range(count):
        world = folder / "worlds" / f"w{number}"
        world.mkdir(parents=True)
        after = f"uses: w{(number + 1) % count}\n"
        (world / "world.yaml").write_text(after, encoding="utf-8")
    return text_file(folder, BASE + "uses: w0\n")


MADE: dict[str, Callable[[Path], Path]] = {
    "a picture that lies": lying_picture,
    "a layer that is a bomb": packed_bomb,
    "a map of entities": lambda folder: mapped(folder, entities),
    "a map that lies of its size": lambda folder: mapped(
        folder, lambda text: text.replace('width="6"', 'width="2000000000"', 1)
    ),
    "a picture outside": lambda folder: mapped(
        folder, lambda text: text.replace("bits.png", "../../../../etc/passwd"), "bits.tsx"
    ),
    "a map of groups": lambda folder: mapped(
        folder,
        lambda text: text.replace("</map>", "<group>" * 50_000 + "</group>" * 50_000 + "</map>"),
    ),
    "a map that is a link": linked_map,
    "a world that is a link": linked_world,
    "two worlds in a circle": lambda folder: circle(folder, 2),
}


TIED = BASE + "ties: [{file: t.csv, knows: 1}]\n"


def tied(folder: Path, text: str, name: str = "t.csv") -> Path:
    """A scenario whose ties are in a file."""
    (folder / name).write_bytes(text.encode("utf-8", "surrogateescape"))
    return text_file(folder, TIED.replace("t.csv", name))


def graphed(folder: Path, inside: str, before: str = "") -> Path:
    text = f"<?xml version='1.0'?>{before}<graphml><graph>{inside}</graph></graphml>"
    return tied(folder, text, "t.graphml")


def linked_ties(folder: Path) -> Path:
    outside = folder.parent / f"{folder.name}-outside.csv"
    outside.write_text("from,to\nAnn,Ann\n", encoding="utf-8")
    (folder / "t.csv").symlink_to(outside)
    return text_file(folder, TIED)


def used_in_circle(folder: Path) -> Path:
    (folder / "other.yaml").write_text("uses: hostile\n", encoding="utf-8")
    return text_file(folder, BASE + "uses: other\n")


def used_link(folder: Path) -> Path:
    outside = folder.parent / f"{folder.name}-outside.yaml"
    outside.write_text("npcs: {Bob: {}}\n", encoding="utf-8")
    (folder / "other.yaml").symlink_to(outside)
    return text_file(folder, BASE + "uses: other\n")


ENTITIES = "<!DOCTYPE graphml [<!ENTITY e0 'x'>" + "".join(
    f"<!ENTITY e{i} '{f'&e{i - 1};' * 10}'>" for i in range(1, 12)
) + "]>"  # fmt: skip
CROWD = FIELD + "npcs: {n: {at: here, count: 9000}}\nties: [{among: n, trust: 1, graph: "
MADE |= {
    "a table of too many ties": lambda folder: tied(folder, "from,to\n" + "Ann,Ann\n" * 1_000_000),
    "a table longer than can be": lambda folder: tied(
        folder, "from,to\n" + "Ann,Ann\n" * 3_000_000
    ),
    "a table of one endless cell": lambda folder: tied(folder, "from,to\n" + "x" * 5_000_000),
    "a table of endless columns": lambda folder: tied(folder, "from,to" + ",x" * 1_000_000),
    "a table of bytes": lambda folder: tied(folder, "from,to\n\udcff\udcfe,Ann\n"),
    "a table of strangers": lambda folder: tied(folder, "from,to\n" + "Ann,Bob\n" * 150_000),
    "a table that is a link": linked_ties,
    "ties of entities": lambda folder: graphed(folder, "&e11;", ENTITIES),
    "ties from elsewhere": lambda folder: graphed(
        folder, "&e;", "<!DOCTYPE g [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>"
    ),
    "ties in ties": lambda folder: graphed(folder, "<graph>" * 500_000),
    "ties without end": lambda folder: graphed(
        folder, "<edge source='Ann' target='Ann'/>" * 400_000
    ),
    "a graph of all with all": lambda folder: text_file(folder, CROWD + "complete}]\n"),
    "a graph too dense to draw": lambda folder: text_file(
        folder, CROWD + "random_regular(8000)}]\n"
    ),
    "a graph of giant numbers": lambda folder: text_file(
        folder, CROWD + "barabasi_albert(1e308)}]\n"
    ),
    "ties by a path upwards": lambda folder: text_file(
        folder, TIED.replace("t.csv", "../../../../etc/passwd")
    ),
    "two scenarios in a circle": used_in_circle,
    "a scenario by a link": used_link,
    "a scenario by a path": lambda folder: text_file(folder, BASE + "uses: ../hostile\n"),
}


def refuse_all(folder: Path) -> dict[str, tuple[str, float]]:
    """Read every one. -> what came of it, and seconds, by name."""
    found = {}
    for number, name in enumerate([*TEXTS, *MADE]):
        own = folder / f"case{number}"
        own.mkdir()
        path = text_file(own, TEXTS[name]) if name in TEXTS else MADE[name](own)
        found[name] = attempt(path)
        if found[name][1] > MOST_SECONDS / 2:  # others may be busy on this machine
            found[name] = min(found[name], attempt(path), key=lambda one: one[1])
    return found


def attempt(path: Path) -> tuple[str, float]:
    """What comes of reading it, and seconds of this process."""
    began = process_time()
    try:
        read(path)
        outcome = "taken"
    except ScenarioError:
        outcome = "refused"
    except Exception as error:  # noqa: BLE001 - whatever else comes out is looked for
        outcome = f"{type(error).__name__}: {str(error)[:200]}"
    return outcome, process_time() - began


@pytest.mark.skipif(sys.platform == "win32", reason="measures memory by POSIX's getrusage")
def test_hostile_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = subprocess.run(
        [sys.executable, __file__, str(tmp_path)],
        capture_output=True, text=True, timeout=60, cwd=ROOT, env={**os.environ, "PYTHONPATH": "."},
    )  # fmt: skip
    assert run.returncode == 0, run.stderr[-2000:]
    told = json.loads(run.stdout)
    cases = told["cases"]
    assert len(cases) == 78
    slowest = max(seconds for _, seconds in cases.values())
    refused = sum(outcome == "refused" for outcome, _ in cases.values())
    with capsys.disabled():
        print(
            f"\nrefused {refused} of {len(cases)}, slowest {slowest:.2f} s,"
            f" {told['bytes'] / 2**20:.0f} MiB above what reading needs anyway"
        )
    assert {name: what for name, (what, _) in cases.items() if what != "refused"} == {}
    slow = {name: seconds for name, (_, seconds) in cases.items() if seconds > MOST_SECONDS}
    assert slow == {}
    assert told["bytes"] < MOST_BYTES


def peak() -> int:
    """The most memory this process has held so far, in bytes."""
    status = Path("/proc/self/status")
    if status.exists():  # where getrusage would count what the parent held before the fork
        lines = status.read_text(encoding="utf-8").splitlines()
        told = next((line for line in lines if line.startswith("VmHWM")), "")
        if told:
            return int(told.split()[1]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


if __name__ == "__main__":
    before = peak()
    cases = refuse_all(Path(sys.argv[1]))
    print(json.dumps({"cases": cases, "bytes": peak() - before}))
