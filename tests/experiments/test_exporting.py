"""Tables of a sweep as files, its graphs, and the page of a comparison."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import networkx as nx
import pyarrow.parquet as pq
import pytest

from npcsim.errors import NpcsimError
from npcsim.experiments.exporting import export
from npcsim.experiments.single import opened_of
from npcsim.experiments.sweep import open_sweep
from tests.e2e.shell import ROOT, npcsim


def lines(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def test_tables_name_run_seed_and_cell_in_every_row(done: Path, tmp_path: Path) -> None:
    told = npcsim("export", done, "--csv", "-o", tmp_path, "--table", "acts").out
    assert "csv files" in told
    found = open_sweep(done)
    acts = lines(tmp_path / "acts.csv")
    assert {(row["run"], row["seed"], row["temper"]) for row in acts} == {
        (row.id, str(row.seed), row.cell["temper"]) for row in found.rows
    }
    for row, run in found.runs():
        assert sum(one["run"] == row.id for one in acts) == len(run.table("acts"))
    outcomes = lines(tmp_path / "outcomes.csv")
    assert len(outcomes) == sum(len(row.measures) for row in found.rows)
    assert [row["hash"] for row in lines(tmp_path / "runs.csv")] == [row.hash for row in found.rows]
    units = {
        (row["table"], row["column"]): row["unit"]
        for row in lines(tmp_path / "data_dictionary.csv")
    }
    assert units["runs", "usd"] == "USD"
    assert units["acts", "seconds"] == "s"
    assert not (tmp_path / "speech.csv").exists()


def test_parquet_keeps_types_units_and_every_row(done: Path, tmp_path: Path) -> None:
    rows, opened, _ = opened_of(done)
    told = export(rows, opened, tmp_path, "parquet", ["measures", "npcs"])
    table = pq.read_table(tmp_path / "measures.parquet")
    assert table.num_rows == told.rows["measures"] > 0
    assert str(table.schema.field("value").type) == "double"
    assert str(table.schema.field("tick").type) == "int64"
    assert table.schema.field("seconds").metadata[b"unit"] == b"s"
    carried = pq.read_table(tmp_path / "npcs.parquet").column("carries")[0].as_py()
    assert isinstance(json.loads(carried), dict)


def test_graphs_have_everybody_and_who_spoke_to_whom(done: Path, tmp_path: Path) -> None:
    rows, opened, _ = opened_of(done)
    export(rows, opened, tmp_path, "graphml")
    for row, run in opened():
        graph = nx.read_graphml(tmp_path / f"talk-{row.id}.graphml")
        assert set(graph) == {one.id for one in run.started.cast}
        assert graph.graph["temper"] == row.cell["temper"]
        assert (tmp_path / f"ties-{row.id}.graphml").is_file()


def test_one_run_is_exported_as_well(done: Path, tmp_path: Path) -> None:
    row = open_sweep(done).rows[0]
    npcsim("export", done / row.run, "-o", tmp_path, "--table", "states")
    assert [one["hash"] for one in lines(tmp_path / "runs.csv")] == [row.hash]
    assert lines(tmp_path / "states.csv")


def test_unknown_tables_and_formats_are_told(done: Path, tmp_path: Path) -> None:
    rows, opened, _ = opened_of(done)
    with pytest.raises(NpcsimError, match="there is no table 'actz'"):
        export(rows, opened, tmp_path, "csv", ["actz"])
    with pytest.raises(NpcsimError, match="there is no format 'xls'"):
        export(rows, opened, tmp_path, "xls")


def test_a_comparison_is_told_drawn_and_given_as_data(done: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    told = npcsim("compare", done, "temper", "--measure", "brawlers", "--html", page).out
    assert "brawlers with temper 0.9, against 0.1" in told
    text = page.read_text(encoding="utf-8")
    assert text.count("<svg") >= 3
    assert "Over time" in text
    assert "<script" not in text
    found = npcsim("compare", done, "temper", "--measure", "brawlers", "--json").last
    assert [one["measure"] for one in found["effects"]] == ["brawlers"]
    assert found["effects"][0]["paired"]


@pytest.mark.skipif(find_spec("resource") is None, reason="this system doesn't tell peak memory")
@pytest.mark.parametrize(
    ("runs", "rows", "form"),
    [
        (12, 2_000, "csv"),
        pytest.param(500, 10_000, "csv", marks=pytest.mark.soak),
        pytest.param(500, 10_000, "parquet", marks=pytest.mark.soak),
    ],
)
def test_memory_does_not_grow_with_the_number_of_runs(
    tmp_path: Path, runs: int, rows: int, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from tests.experiments import peak

    folder = peak.made_up(tmp_path / "sweep", runs, rows)
    words = [sys.executable, "-m", "tests.experiments.peak", str(folder), str(tmp_path), form]
    said = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    (few, before), (many, after) = (map(float, line.split()) for line in said.splitlines())
    assert (few, many) == (peak.FEW * rows, runs * rows)
    if runs == 500:
        with capsys.disabled():
            print(f"\n{form}: {many:,.0f} rows of {runs} runs exported within {after:.0f} MB")
    assert after < 500
    # All rows at once would be dozens of bytes each even as text.
    assert after - before < 8
