"""npcsim in a notebook: its cells are executed by a real kernel, in a process of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

LOAD = """
import npcsim

async with npcsim.load("01_first_npc", models={}, ticks=5) as simulation:
    reached = (await simulation.run_until(3)).tick
    simulation.put({"do": "Pip.go_to(well)"})
    numbers = [tick.number async for tick in simulation]
numbers, reached, simulation.npc("Pip").name
"""
TOOL = """
@npcsim.tool(option="hum a tune", did="I hummed")
def hum(me: npcsim.Body, view: npcsim.View) -> list[npcsim.Effect]:
    return [npcsim.Remember(me, "I hummed", 0.5, "did")]

run = npcsim.run(
    {
        "scenario": "hums", "clock": {"tick": "1 s", "end": "00:00:20"}, "size": [4, 4],
        "places": {"hut": {"x": 1, "y": 1}}, "npcs": {"Ada": {"at": "hut", "behaviour": "hummer"}},
        "behaviour": {"hummer": {"humming": {"do": "hum"}}},
    },
    tools=[hum], models={}, out="runs",
)
run
"""
AGAIN = """
try:
    npcsim.replay("runs/hums-1")
except npcsim.MissingTools as error:
    print(error.names)
npcsim.replay("runs/hums-1", tools=[hum]).ticks
"""
CELLS = (LOAD, TOOL, "run.table('acts')", "len(run.table('acts').to_pandas())", AGAIN)


async def executed(cells: tuple[str, ...], folder: Path) -> list[list[Any]]:
    """The outputs of each cell, by a kernel that works in `folder`."""
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(one) for one in cells])
    client = NotebookClient(
        book, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    )
    await client.async_execute()
    return [cell.outputs for cell in book.cells]


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel keeps its files and its history in the test's folder."""
    for name in ("JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR", "IPYTHONDIR"):
        (tmp_path / name).mkdir()
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")


@pytest.mark.loopback
async def test_cells_of_a_notebook(tmp_path: Path) -> None:
    loaded, ran, acts, count, again = await executed(CELLS, tmp_path)
    assert loaded[-1].data["text/plain"] == "([4, 5], 3, 'Pip')"
    shown = ran[-1].data
    assert shown["text/plain"].startswith("<Run hums-1: finished, 20 ticks")
    assert shown["text/html"].startswith("<table><caption>run hums-1</caption>")
    assert "<th>time</th><th>seconds (s)</th><th>npc</th>" in acts[-1].data["text/html"]
    assert int(count[-1].data["text/plain"]) > 0
    assert again[0].text == "('hum',)\n"
    assert again[-1].data["text/plain"] == "20"


@pytest.mark.loopback
async def test_a_mistake_in_a_cell_says_where(tmp_path: Path) -> None:
    cell = "import npcsim\nnpcsim.run({'scenario': 'x', 'npcs': {'Ada': {'att': 'hut'}}})"
    with pytest.raises(CellExecutionError, match=r"npcs\.Ada\.att: unknown key 'att'"):
        await executed((cell,), tmp_path)
