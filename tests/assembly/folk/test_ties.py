"""Many ties at once: from CSV and GraphML files and as graphs, expanded when the file is read."""

from __future__ import annotations

import json
from pathlib import Path
from time import process_time

import networkx as nx
import pytest

from npcsim.assembly.build import build, read
from npcsim.assembly.folk.ties import GRAPHS, graph_edges
from npcsim.errors import Mistake, ScenarioError
from npcsim.tools.view import View

BASE = """
scenario: knots
size: [20, 20]
seed: 7
factions: {guild: {}}
archetypes: {villager: {}}
npcs:
  villager: {is: villager, count: 12}
  Ann: {of: guild}
  Ben: {of: guild}
ties:
"""


def scenario(folder: Path, *entries: str, **files: str) -> Path:
    path = folder / "knots.yaml"
    path.write_text(BASE + "".join(f"  - {{{entry}}}\n" for entry in entries), encoding="utf-8")
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text, encoding="utf-8")
    return path


def told(path: Path) -> list[Mistake]:
    with pytest.raises(ScenarioError) as raised:
        read(path)
    return list(raised.value.mistakes)


def test_a_table_of_ties(tmp_path: Path) -> None:
    table = "from,to,trust,fear,because\nAnn,Ben,0.5,,a debt\nBen,villager,-0.25,1,\n\n"
    path = scenario(tmp_path, "file: ties.csv", ties_csv=table)
    view = View(read(path).world)
    ann, ben, one = (view.npc(name) for name in ("Ann", "Ben", "villager-3"))
    assert (ann.tie(ben, "trust"), ann.tie(ben, "fear"), ben.tie(ann, "trust")) == (0.5, 0, 0)
    assert (ben.tie(one, "trust"), ben.tie(one, "fear")) == (-0.25, 1)
    assert [line.text for line in ann.memories] == ["I remember a debt"]


def test_the_entry_says_what_the_table_leaves_open(tmp_path: Path) -> None:
    table = "from;to;trust\nAnn;Ben;0.5\nBen;Ann;\n"
    path = scenario(tmp_path, 'file: t.csv, trust: 0.1, knows: "uniform(0.2, 0.4)"', t_csv=table)
    view = View(read(path).world)
    ann, ben = view.npc("Ann"), view.npc("Ben")
    assert (ann.tie(ben, "trust"), ben.tie(ann, "trust")) == (0.5, 0.1)
    assert 0.2 <= ann.tie(ben, "knows") <= 0.4
    assert ann.tie(ben, "knows") != ben.tie(ann, "knows")


def test_graphml_of_networkx_with_attributes(tmp_path: Path) -> None:
    graph = nx.Graph()
    graph.add_node("n0", label="Ann")
    graph.add_edge("n0", "Ben", trust=0.5, weight=3)
    path = scenario(tmp_path, "file: t.graphml, knows: 0.5")
    nx.write_graphml(graph, tmp_path / "t.graphml")
    view = View(read(path).world)
    ann, ben = view.npc("Ann"), view.npc("Ben")
    assert (ann.tie(ben, "trust"), ben.tie(ann, "trust"), ben.tie(ann, "knows")) == (0.5, 0.5, 0.5)
    nx.write_graphml(nx.DiGraph(graph), tmp_path / "t.graphml")
    directed = nx.DiGraph()
    directed.add_edge("Ann", "Ben", fear=-0.5)
    nx.write_graphml(directed, tmp_path / "t.graphml")
    view = View(read(path).world)
    assert view.npc("Ann").tie(view.npc("Ben"), "fear") == -0.5
    assert view.npc("Ben").tie(view.npc("Ann"), "knows") == 0


def test_a_graph_among_some_both_ways_and_drawn_by_the_seed(tmp_path: Path) -> None:
    entry = 'among: villager, graph: "watts_strogatz(4, 0.1)", knows: 0.5, trust: "uniform(-1, 1)"'
    built = read(scenario(tmp_path, entry))
    ties = dict(built.world.ties.items())
    knows = {tuple(key.split("\n")[:2]) for key in ties if key.endswith("knows")}
    assert len(knows) == 12 * 4
    assert all((end, start) in knows for start, end in knows)
    assert all(name.startswith("villager-") for pair in knows for name in pair)
    trust = {value for key, value in ties.items() if key.endswith("trust")}
    assert len(trust) == len(knows)  # each drawn for itself
    assert dict(read(scenario(tmp_path, entry)).world.ties.items()) == ties
    path = scenario(tmp_path, entry)
    path.write_text(path.read_text(encoding="utf-8").replace("seed: 7", "seed: 8"))
    assert dict(read(path).world.ties.items()) != ties


def test_one_way(tmp_path: Path) -> None:
    world = read(scenario(tmp_path, "among: guild, graph: complete, fear: 1, one_way: true")).world
    assert dict(world.ties.items()) == {"Ann\nBen\nfear": 1.0}


def test_the_recipe_keeps_plain_ties(tmp_path: Path) -> None:
    entries = ("from: Ann, to: Ben, trust: 1", "among: guild, graph: ring, trust: 0.5")
    built = read(scenario(tmp_path, *entries, "file: t.csv", t_csv="from,to,owes\nBen,Ann,1\n"))
    (tmp_path / "t.csv").unlink()
    kept = json.loads(built.recipe.definition)["ties"]
    assert kept == [
        {"from": "Ann", "to": "Ben", "trust": 1},
        {"from": "Ann", "to": "Ben", "trust": 0.5},
        {"from": "Ben", "to": "Ann", "trust": 0.5},
        {"from": "Ben", "to": "Ann", "owes": 1.0},
    ]
    assert dict(build(built.recipe).world.ties.items()) == dict(built.world.ties.items())


def test_a_plain_tie_may_be_drawn_for_each_pair(tmp_path: Path) -> None:
    path = scenario(tmp_path, 'from: villager, to: Ann, trust: "uniform(0, 1)"')
    view = View(read(path).world)
    ann = view.npc("Ann")
    assert len({one.tie(ann, "trust") for one in view.npcs("villager")}) == 12


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("from: Ann, trust: 1", "a tie needs `from` and `to`, or `file`, or"),
        ("among: guild, trust: 1", "a tie needs"),
        ("file: t.csv, from: Ann, trust: 1", "a tie needs"),
        ("among: guild, graph: ring", "a tie says how strong"),
        ("among: gild, graph: ring, trust: 1", "did you mean 'guild'?"),
        ("among: guild, graph: rign, trust: 1", "did you mean 'ring'?"),
        ("among: guild, graph: barabasi_albert, trust: 1", "expected barabasi_albert(m)"),
        ("among: guild, graph: barabasi_albert(x), trust: 1", "expected barabasi_albert(m)"),
        ("among: guild, graph: barabasi_albert(2), trust: 1", "from 1 to 1 first"),
        ("among: villager, graph: erdos_renyi(2), trust: 1", "a share from 0 to 1 last"),
        ("among: villager, graph: random_regular(7), trust: 1", "at most 5 for 12 people"),
        ("among: Ann, graph: ring, trust: 1", "two people at least"),
        ("from: Ann, to: Ben, trust: 2", "expected a number from -1 to 1"),
        ('from: Ann, to: Ben, trust: "uniform(0, 3)"', "expected a number from -1 to 1"),
        ("from: Ann, to: Ben, trust: 1, one_way: true", "one way already"),
        ("file: none.csv", "no file of ties 'none.csv'"),
        ("file: tt.csv", "did you mean 't.csv'?"),
        ("file: ../t.csv", "lies outside the folder"),
        ("file: /etc/passwd", "lies outside the folder"),
        ("file: knots.yaml", "ends with .csv or .graphml"),
    ],
)
def test_mistakes_are_told_at_the_entry(tmp_path: Path, entry: str, said: str) -> None:
    (mistake,) = told(scenario(tmp_path, entry, t_csv="from,to,trust\nAnn,Ben,1\n"))
    assert (Path(mistake.file).name, mistake.line) == ("knots.yaml", 12)
    assert said in f"{mistake.message}; {mistake.hint}"


@pytest.mark.parametrize(
    ("table", "line", "said"),
    [
        ("from,to,turst\nAnn,Ben,1\n", 1, "did you mean 'trust'?"),
        ("from,trust\nAnn,1\n", 1, "no column 'to'"),
        ("from,to,trust,trust\n", 1, "there twice"),
        ("from,to,trust\nAnn,Ben,1\nAnn,Bne,1\n", 3, "did you mean 'Ben'?"),
        ("from,to,trust\nAnn,Ben,7\n", 2, "expected a number from -1 to 1, found '7'"),
        ("from,to,trust\nAnn,Ben,nan\n", 2, "found 'nan'"),
        ("from,to,trust\nAnn,Ben\n", 2, "2 cells, where the first line has 3"),
        ("from,to,trust\nAnn,Ben,\n", 2, "a tie says how strong"),
        ("from,to,trust\n,Ben,1\n", 2, "'from' is empty"),
        ('from,to,trust\nAnn,"Ben,1\n', 2, "can't be read as a table"),
        ("", 1, "no column 'from'"),
    ],
)
def test_mistakes_in_a_table_are_told_at_its_line(
    tmp_path: Path, table: str, line: int, said: str
) -> None:
    mistake = told(scenario(tmp_path, "file: t.csv", t_csv=table))[0]
    assert (Path(mistake.file).name, mistake.line) == ("t.csv", line)
    assert said in f"{mistake.message}; {mistake.hint}"


@pytest.mark.parametrize(
    ("graph", "line", "said"),
    [
        ("<graphml>\n<graph>\n<edge source='Ann' target='Bne'/></graph></graphml>", 3, "'Bne'"),
        ("<graphml>\n<graph>", 2, "can't be read as XML"),
        (
            "<graphml><key id='d' attr.name='trust'/><graph>\n<edge source='Ann' target='Ben'>"
            "<data key='d'>9</data></edge></graph></graphml>",
            2,
            "trust: expected a number from -1 to 1, found '9'",
        ),
        ("<!DOCTYPE x [<!ENTITY e 'x'>]>\n<graphml/>", 1, "a DOCTYPE is not allowed"),
    ],
)
def test_mistakes_in_a_graph_are_told_at_its_line(
    tmp_path: Path, graph: str, line: int, said: str
) -> None:
    mistake = told(scenario(tmp_path, "file: t.graphml, knows: 1", t_graphml=graph))[0]
    assert (Path(mistake.file).name, mistake.line) == ("t.graphml", line)
    assert said in mistake.message


@pytest.mark.parametrize(
    ("graph", "edges"),
    [
        ("complete", 45), ("ring", 10), ("path", 9), ("star", 9), ("watts_strogatz(4, 0.5)", 20),
        ("barabasi_albert(2)", 16), ("random_regular(3)", 15), ("erdos_renyi(1)", 45),
        ("erdos_renyi(0)", 0),
    ],
)  # fmt: skip
def test_every_graph_there_is(graph: str, edges: int) -> None:
    assert len(graph_edges(graph, 10, 1)) == edges
    assert graph_edges(graph, 10, 1) == graph_edges(graph, 10, 1)
    assert graph.partition("(")[0] in GRAPHS


def test_too_many_are_refused_before_they_are_made() -> None:
    with pytest.raises(ValueError, match="more than 200000 ties"):
        graph_edges("complete", 100_000, 1)
    with pytest.raises(ValueError, match="from 1 to 100 first"):
        graph_edges("random_regular(400)", 500, 1)


def test_a_thousand_people_with_ties_load_within_a_second(tmp_path: Path) -> None:
    text = BASE.replace("count: 12", "count: 1000")
    graph = 'among: villager, graph: "watts_strogatz(4, 0.1)"'
    entry = f'  - {{{graph}, knows: 0.5, trust: "uniform(-1, 1)"}}\n'
    path = tmp_path / "many.yaml"
    path.write_text(text + entry, encoding="utf-8")
    seconds = []
    for _ in range(3):
        began = process_time()
        built = read(path)
        seconds.append(process_time() - began)
    assert len(list(built.world.ties.items())) == 8000
    print(f"\n1,000 people, 4,000 ties: {min(seconds):.2f} s")
    assert min(seconds) < 1
