"""What README and docs/ say is tried out: every command, every Python block, every scenario.

A page's blocks are used in order in one empty folder. A comment above a block says how:

    <!-- file: inn.yaml -->             the block is that file
    <!-- design: heads.yaml -->         the block is that file, a design for `npcsim sweep`
    <!-- part: inn.yaml -->             the block is laid over that file and must make a scenario
    <!-- add: inn.yaml -->              the block is put at the end of that file
    <!-- change: inn.yaml -->           a diff of that file: its - lines become its + lines
    <!-- quote: scenarios/01….yaml -->  the block stands in that file of the repository
    <!-- printed: by the last one -->   the last command printed each line of the block, save "…"
    <!-- test: run --ticks 60 -->       every `npcsim run` of the block gets these words too
    <!-- test: skip, why -->            the block is not run
    <!-- fails: with what it says -->   its last command ends badly, and says that

A block of commands may `cd`, `cp`, run `python -m pytest`, and pipe what is echoed into npcsim too.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from npcsim.assembly.build import read
from npcsim.cli import app
from npcsim.experiments.design import read_design

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
TRIED = [page for page in PAGES if "reference" not in page.parts]
BLOCK = re.compile(r"(?:^<!-- (\w+): ([^\n]*?) -->\n)?^```(\w+)\n(.*?)^```$", re.DOTALL | re.M)
LINK = re.compile(r"\]\(([^)#\s]+)(#[^)\s]*)?\)")
LARGEST_PICTURE = 400_000


@dataclass(frozen=True)
class Block:
    """A fenced block, and the comment above it."""

    how: str
    said: str
    language: str
    text: str


def blocks_of(page: Path) -> Iterator[Block]:
    for match in BLOCK.finditer(page.read_text(encoding="utf-8")):
        how, said, language, text = match.groups()
        yield Block(how or "", said or "", language, text)


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def longer(block: Block) -> str:
    """The block's commands, with what its comment adds to them."""
    if block.how != "test":
        return block.text
    command, _, words = block.said.partition(" ")
    start = f"npcsim {command} "
    lines = block.text.splitlines()
    return "\n".join(f"{line} {words}" if line.startswith(start) else line for line in lines)


def run(command: list[str], folder: Path) -> str:
    """Run a program and expect it to end well. -> what it printed."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    result = subprocess.run(
        command, cwd=folder, env={**os.environ, "PATH": path}, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    assert result.returncode == 0, f"{command}\n{result.stdout}\n{result.stderr}"
    return result.stdout


def type_in(page: Path, line: str, well: bool = True) -> str:
    """One line of a shell block. Many starts of Python are slow, so npcsim is called, not run."""
    words, typed = shlex.split(line, comments=True), None
    if words[:1] == ["echo"] and "|" in words:
        pipe = words.index("|")
        typed, words = " ".join(words[1:pipe]), words[pipe + 1 :]
    if words[:1] == ["cd"]:
        os.chdir(words[1])
    elif words[:1] == ["cp"]:
        shutil.copy(words[1], words[2])
    elif words[:3] == ["python", "-m", "pytest"]:
        return run([sys.executable, *words[1:]], Path.cwd())
    elif words:
        assert words[0] == "npcsim", f"{name_of(page)}: can't try {line!r}; mark it or skip it"
        result = CliRunner().invoke(app, words[1:], input=typed)
        assert (result.exit_code == 0) == well, f"{name_of(page)}: {line}\n{result.output}"
        return result.output
    return ""


def type_all(page: Path, block: Block) -> str:
    """A shell block, line by line. -> what its last command printed."""
    printed = ""
    lines = longer(block).splitlines()
    for number, line in enumerate(lines, start=1):
        fails = block.how == "fails" and number == len(lines)
        printed = type_in(page, line, well=not fails)
    if block.how == "fails":
        assert closely(block.said) in closely(printed), f"{name_of(page)}: {printed}"
    return printed


def closely(text: str) -> str:
    """Without what depends on how wide a terminal is."""
    return "".join(text.split())


def use(page: Path, block: Block, printed: str) -> str:
    """Do with a block what a reader does with it. -> what was printed last."""
    if block.how == "test" and block.said.startswith("skip, "):
        return printed
    if block.how in ("file", "design", "add", "change"):
        write(Path(block.said), block)
    elif block.how == "quote":
        assert block.text in (ROOT / block.said).read_text(encoding="utf-8"), block
    elif block.how == "part":
        over(Path.cwd() / block.said, block)
    elif block.how == "printed":
        for line in block.text.splitlines():
            missing = f"{name_of(page)} says {line!r}, but there came\n{printed}"
            assert line.startswith("…") or closely(line) in closely(printed), missing
    elif block.language == "sh":
        return type_all(page, block)
    elif block.language == "python":
        return run([sys.executable, "-W", "error", "-c", block.text], Path.cwd())
    else:
        assert block.language in ("text", "json"), f"{name_of(page)}: what is this?\n{block.text}"
    return printed


def write(file: Path, block: Block) -> None:
    """A block that is a file, or more of it, or a change in it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    if block.how in ("file", "design"):
        file.write_text(block.text, encoding="utf-8")
        return
    text = file.read_text(encoding="utf-8")
    if block.how == "add":
        file.write_text(text + block.text, encoding="utf-8")
        return
    lines = block.text.splitlines(keepends=True)
    before = "".join(line[1:] for line in lines if line[0] in " -")
    after = "".join(line[1:] for line in lines if line[0] in " +")
    assert text.count(before) == 1, f"what is to be changed is not there once:\n{before}\n{text}"
    file.write_text(text.replace(before, after), encoding="utf-8")


def over(base: Path, block: Block) -> None:
    """The block is a scenario that plays in the world of the file."""
    world = base.parent / "worlds" / base.stem
    world.mkdir(parents=True, exist_ok=True)
    (world / "world.yaml").write_text(base.read_text(encoding="utf-8"), encoding="utf-8")
    scenario = base.parent / f"part_of_{base.name}"
    scenario.write_text(f"uses: {base.stem}\n{block.text}", encoding="utf-8")
    read(scenario)


@pytest.mark.parametrize("page", TRIED, ids=name_of)
def test_every_block_of_a_page_works(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    printed = ""
    for block in blocks_of(page):
        printed = use(page, block, printed)
    designs = {block.said for block in blocks_of(page) if block.how == "design"}
    for file in tmp_path.glob("*.yaml"):
        if file.name in designs:
            read_design(file)
        elif "scenario:" in file.read_text(encoding="utf-8"):
            read(file)


def test_the_command_is_installed(tmp_path: Path) -> None:
    run(["bash", "-euc", "npcsim --help && npcsim validate 01_first_npc"], tmp_path)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    for target, _ in LINK.findall(page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{name_of(page)}: no {target}"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_fence_is_a_block_that_was_seen(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    fences = [line for line in text.splitlines() if line.lstrip().startswith("```")]
    assert len(fences) == 2 * len(list(BLOCK.finditer(text))), "a fence is not in BLOCK's form"


def test_pictures_are_small() -> None:
    pictures = list((ROOT / "docs" / "pictures").glob("*.png"))
    assert pictures
    large = [picture.name for picture in pictures if picture.stat().st_size > LARGEST_PICTURE]
    assert not large


def test_every_scenario_has_a_page() -> None:
    scenarios = {file.stem for file in (ROOT / "scenarios").glob("*.yaml")}
    pages = {file.stem for file in (ROOT / "docs" / "tutorial").glob("*.md")}
    assert scenarios, "no scenarios were found"
    assert not scenarios - pages
    read_on = (ROOT / "README.md").read_text(encoding="utf-8")
    assert not [page for page in pages if f"docs/tutorial/{page}.md" not in read_on]


def test_every_howto_is_in_the_readme() -> None:
    read_on = (ROOT / "README.md").read_text(encoding="utf-8")
    pages = [file.name for file in (ROOT / "docs" / "howto").glob("*.md")]
    assert not [page for page in pages if f"docs/howto/{page}" not in read_on]
