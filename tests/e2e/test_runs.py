"""Runs listed, tagged, exported, and taken in from strangers."""

from __future__ import annotations

import io
import json
import shutil
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

import npcsim as front
from npcsim import events as ev
from npcsim.errors import ReplayDiverged, StoreError, Untrusted
from npcsim.replay.rebuild import rebuild
from npcsim.store import rows
from npcsim.store.run_store import Run, RunWriter
from npcsim.store.sharing import archive, form
from npcsim.store.sharing.importing import take_in
from tests.e2e.shell import live, npcsim

SCRIPTED = ("--set", "tiers.local.model=scripted", "--set", "think.local=40 s")
FLIPS = 150


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("shared")
    return Path(live("03_village_morning", out, "--ticks", 40, *SCRIPTED)["run"])


@pytest.fixture(scope="module")
def file(lived: Path) -> Path:
    path = lived.parent / "morning.npcrun"
    npcsim("runs", "export", lived, path)
    return path


def records(folder: Path) -> tuple[object, ...]:
    """All that is read of a run."""
    with Run.open(folder) as run:
        snapshots = [(tick, run.snapshot(tick)) for tick in run.snapshots()]
        own = (run.name, run.created_utc, run.bundle, run.state, run.summary)
        return list(run.packed()), list(run.calls()), snapshots, own


def test_the_list_tells_how_each_stands_and_tags_are_kept(lived: Path) -> None:
    npcsim("runs", "tag", lived, "baseline", "draft")
    assert "baseline, draft" in npcsim("runs", "tag", lived, "draft").out
    assert npcsim("runs", "untag", lived, "draft").out.strip().endswith(": baseline")
    (one,) = json.loads(npcsim("runs", lived.parent, "--json").out)
    decided = Run.open(lived).count("Decided")
    assert (one["state"], one["scenario"], one["seed"]) == ("finished", "village_morning", 1)
    assert (one["ticks"], one["decisions"], one["tags"]) == (40, decided, ["baseline"])
    table = npcsim("runs", lived.parent, "--tag", "baseline").out
    assert "village_morning-1" in table
    assert "no runs" in npcsim("runs", lived.parent, "--tag", "other").out
    assert "has no tag 'other'" in npcsim("runs", "untag", lived, "other", code=1).err
    assert "one word" in npcsim("runs", "tag", lived, "two words", code=1).err
    assert npcsim("replay", lived).code == 0  # a tag is no part of the run


def test_a_run_that_can_not_be_read_is_listed_with_the_reason(lived: Path, tmp_path: Path) -> None:
    (tmp_path / "torn-1").mkdir()
    (tmp_path / "torn-1" / "run.db").write_bytes(b"SQLite format 3\0 and no more")
    assert "is not a run" in npcsim("runs", tmp_path).out
    assert "no folder" in npcsim("runs", tmp_path / "nowhere", code=1).err


def test_what_comes_in_is_what_went_out(lived: Path, file: Path, tmp_path: Path) -> None:
    folder = take_in(file, tmp_path)
    assert records(folder) == records(lived)
    npcsim("runs", "export", folder, tmp_path / "again.npcrun")
    assert (tmp_path / "again.npcrun").read_bytes() == file.read_bytes()
    with zipfile.ZipFile(file) as members:
        tools = members.read("tools/1.py").decode()
        told = json.loads(members.read("about.json"))
        assert json.loads(members.read("scenario.json"))["scenario"] == "village_morning"
    assert "TOOLS" in tools
    assert told["models"] == {"local": "scripted/scripted"}
    assert npcsim("runs", "show", file).out == npcsim("runs", "show", folder).out
    assert tools.splitlines()[0] in npcsim("runs", "show", file, "--tools").out
    assert "already" in npcsim("runs", "export", folder, tmp_path / "again.npcrun", code=1).err


@pytest.mark.parametrize("state", rows.STATES)
def test_however_a_run_ended_it_goes_out_and_comes_in(
    state: str, lived: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "village_morning-1"
    shutil.copytree(lived, copy)
    with RunWriter.reopen(copy) as writer:
        if state == "running":  # cut off: nobody sealed it
            writer.write_tick(41, [ev.Drifted(41, 5.0)])
        else:
            writer.finish({}, state)
    npcsim("runs", "export", copy, tmp_path / "one.npcrun")
    npcsim("runs", "import", tmp_path / "one.npcrun", "--out", tmp_path / "theirs")
    with Run.open(tmp_path / "theirs" / "village_morning-1") as run:
        assert run.state == state


def test_code_of_others_runs_only_where_they_are_trusted_by_name(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = take_in(file, tmp_path)
    (one,) = json.loads(npcsim("runs", folder, "--json").out)
    assert (one["imported"], one["trusted"]) == ("morning.npcrun", False)
    with monkeypatch.context() as patch:
        patch.setattr("npcsim.assembly.code.recipe.module_of", _never)
        for command in ("replay", "resume", "fork"):
            more = ("--at", 9, "--out", tmp_path) if command == "fork" else ()
            assert "was imported" in npcsim(command, folder, *more, code=1).err
        with pytest.raises(Untrusted, match="named 'village_morning-1'"):
            front.replay(folder, trust="another")
        assert "40 ticks rebuilt" in npcsim("replay", folder, "--rebuild").out
        npcsim("report", folder)
        npcsim("explain", folder, "Mara")
        with pytest.raises(AssertionError, match="code of others"):
            front.replay(folder, trust="village_morning-1")
    assert "40 ticks replayed" in npcsim("replay", folder).out  # it is trusted from now on


def test_a_run_of_strangers_stays_one_though_its_notes_are_lost(file: Path, tmp_path: Path) -> None:
    folder = Path(take_in(file, tmp_path))
    with sqlite3.connect(folder / "run.db") as db:
        db.execute("delete from notes")
    db.close()
    assert "was imported" in npcsim("replay", folder, code=1).err
    RunWriter.reopen(folder).finish({})
    with Run.open(folder) as run:
        assert not run.trusted
        run.note("trusted", add=run.name)
        assert run.trusted


def _never(*args: object) -> None:
    raise AssertionError("code of others was executed")


def test_every_flipped_byte_is_found(file: Path, tmp_path: Path) -> None:
    whole, dice = file.read_bytes(), Random(7)
    for _ in range(FLIPS):
        at = dice.randrange(len(whole))
        bad = whole[:at] + bytes([whole[at] ^ 1 << dice.randrange(8)]) + whole[at + 1 :]
        (tmp_path / "bad.npcrun").write_bytes(bad)
        with pytest.raises(StoreError, match="is refused"):
            take_in(tmp_path / "bad.npcrun", tmp_path / "out")
    assert not [*(tmp_path / "out").glob("*")]


def test_flipped_bytes_that_were_signed_anew_change_no_record(
    lived: Path, file: Path, tmp_path: Path
) -> None:
    whole, dice, good = file.read_bytes(), Random(8), records(lived)
    end, out, refused = len(whole) - form.DIGITS, tmp_path / "out", 0
    for _ in range(FLIPS):
        at = dice.randrange(end)
        body = whole[:at] + bytes([whole[at] ^ 1 << dice.randrange(8)]) + whole[at + 1 : end]
        try:
            folder = take_in(_signed(tmp_path / "bad.npcrun", body), out)
        except StoreError:
            refused += 1
        else:
            assert records(folder) == good
            shutil.rmtree(folder)
    assert refused > FLIPS / 2
    assert not [*out.glob("*")]


def _signed(path: Path, body: bytes) -> Path:
    path.write_bytes(body + b"0" * form.DIGITS)
    path.write_bytes(body + form.hash_of(path, len(body)).encode())
    return path


def _made(file: Path, path: Path, change: Callable[[dict[str, bytes]], object]) -> Path:
    """The file with its members changed, signed as a stranger would."""
    with zipfile.ZipFile(file) as members:
        parts = {name: members.read(name) for name in members.namelist()}
    change(parts)
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as made:
        for name, body in parts.items():
            made.writestr(name, body)
        made.comment = form.comment("0" * form.DIGITS)
    return _signed(path, held.getvalue()[: -form.DIGITS])


def _own(parts: dict[str, bytes], **other: object) -> None:
    parts["run.json"] = json.dumps({**json.loads(parts["run.json"]), **other}).encode()


HOSTILE: dict[str, tuple[Callable[[dict[str, bytes]], object], str]] = {
    "a path upwards": (lambda p: p.update({"../../evil.py": b"x"}), "no part of a run"),
    "an absolute path": (lambda p: p.update({"/etc/evil": b"x"}), "no part of a run"),
    "a tool that is none": (lambda p: p.update({"tools/../x.py": b"x"}), "no part of a run"),
    "a bomb": (lambda p: p.update({"calls.jsonl": b"\0" * (80 << 20)}), "would unfold"),
    "harmless tools for show": (lambda p: p.update({"tools/1.py": b"TOOLS = []"}), "not what"),
    "other facts for show": (lambda p: p.update({"about.json": b"{}"}), "not what"),
    "no calls": (lambda p: p.pop("calls.jsonl"), "lacks calls"),
    "calls left out": (lambda p: p.update({"calls.jsonl": b""}), "calls of the run are missing"),
    "the end left out": (
        lambda p: p.update({"events.jsonl": b"".join(p["events.jsonl"].splitlines(True)[:-1])}),
        "last events of the run are missing",
    ),
    "an event altered": (
        lambda p: p.update({"events.jsonl": p["events.jsonl"].replace(b"Mara", b"Sara", 9)}),
        "does not match its chain|not what the run",
    ),
    "deep JSON": (lambda p: p.update({"run.json": b"[" * 200_000}), "no JSON"),
    "another name": (lambda p: _own(p, name="../evil"), "does not match its seal"),
    "a name of many lines": (lambda p: _own(p, name="a\nb\x1b[31m"), "name that is none"),
    "another state": (lambda p: _own(p, state="done"), "state"),
    "another format": (lambda p: _own(p, format=99), "format 99"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_files_are_refused_and_leave_nothing(case: str, file: Path, tmp_path: Path) -> None:
    change, why = HOSTILE[case]
    bad = _made(file, tmp_path / "bad.npcrun", change)
    with pytest.raises(StoreError, match=why):
        take_in(bad, tmp_path / "out")
    assert {one.name for one in tmp_path.rglob("*")} <= {"bad.npcrun", "out"}


def test_a_file_made_to_be_named_elsewhere_stays_in_its_folder(file: Path, tmp_path: Path) -> None:
    def lied(parts: dict[str, bytes]) -> None:
        first, rest = parts["events.jsonl"].split(b"\n", 1)
        event = json.loads(first)
        payload = json.loads(event["payload"])
        event["payload"] = json.dumps({**payload, "scenario": "../../evil"})
        parts["events.jsonl"] = json.dumps(event).encode() + b"\n" + rest

    with pytest.raises(StoreError):
        take_in(_made(file, tmp_path / "bad.npcrun", lied), tmp_path / "out")
    assert not [*tmp_path.rglob("*evil*")]


@pytest.mark.parametrize("share", [0.0, 0.3, 0.999])
def test_a_file_that_was_cut_off_is_refused(share: float, file: Path, tmp_path: Path) -> None:
    whole = file.read_bytes()
    (tmp_path / "cut.npcrun").write_bytes(whole[: int(len(whole) * share)])
    assert "is refused" in npcsim("runs", "import", tmp_path / "cut.npcrun", code=1).err
    assert "can't read" in npcsim("runs", "import", tmp_path / "none.npcrun", code=1).err


def test_sizes_are_bounded_before_anything_is_unfolded(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "MOST_BYTES", 1000)
    with pytest.raises(StoreError, match="would unfold to"):
        take_in(file, tmp_path)
    monkeypatch.setattr(archive, "MOST_BYTES", 1 << 40)
    monkeypatch.setattr(archive, "LONGEST", 1000)
    with pytest.raises(StoreError, match="too long"):
        take_in(file, tmp_path)


def test_rebuilding_finds_facts_that_lead_elsewhere(
    lived: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A log whose chain was made anew is sound; its facts no longer lead to its snapshots."""
    whole = Run.open(lived)
    assert rebuild(whole).snapshots == len(whole.snapshots())
    moved = next(seq for seq, one in whole.packed() if one.kind == "Moved")
    before = Run.packed

    def other(run: Run, **how: object):  # type: ignore[no-untyped-def]
        for seq, one in before(run, **how):  # type: ignore[arg-type]
            if seq != moved:
                yield seq, one

    monkeypatch.setattr(Run, "packed", other)
    with pytest.raises(ReplayDiverged, match="the facts lead to"):
        rebuild(whole)
    assert rows.tick_of(moved) <= 40
