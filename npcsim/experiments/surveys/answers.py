"""The answers of a survey: rows, what they come to as numbers, and the file they are kept in."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from npcsim.errors import StoreError
from npcsim.store.table import Column

COLUMNS = (
    Column("npc", "", "Who was asked."),
    Column("tick", "ticks", "When: of what it remembered by then it answered."),
    Column("time", "", "The same as time of day."),
    Column("item", "", "The question's name in the questionnaire."),
    Column("question", "", "What was asked."),
    Column("answer", "", "A closed question: one of its answers; an open one: what was said."),
    Column("share", "", "How likely the answer is by the model, 0 to 1; empty for open questions."),
    Column("picked", "", "Whether it is the likeliest; the first of equals."),
    Column("by", "", "The model that answered; empty for none."),
    Column("note", "", "Why there is no model's answer."),
)
MEANING = "What NPCs answered in a survey: a row an answer, all that were possible where closed."


@dataclass(frozen=True, slots=True)
class Answer:
    """One NPC's answer to one question.

    shares: the distribution over a closed question's answers, empty where no model gave one; text:
    the likeliest of them, or what was said. by: the model; empty for none, and `note` says why.
    """

    npc: str
    tick: int
    time: str
    item: str
    question: str
    text: str
    shares: Mapping[str, float]
    by: str
    note: str = ""

    def rows(self) -> Iterator[tuple[object, ...]]:
        """As `COLUMNS`: one row for each answer that was possible."""
        first = (self.npc, self.tick, self.time, self.item, self.question)
        if not self.shares:
            yield (*first, self.text, None, None, self.by, self.note)
        for answer, share in self.shares.items():
            yield (*first, answer, share, answer == self.text, self.by, self.note)


def measures_of(answers: Sequence[Answer]) -> dict[str, float]:
    """`survey.ITEM.ANSWER`: the mean share over all who were asked, the last time they were.

    Where they were asked oftener, `survey.ITEM.ANSWER@TICK` for each earlier time.
    """
    last = max((one.tick for one in answers), default=0)
    sums: dict[str, list[float]] = {}
    for one in answers:
        for answer, share in one.shares.items():
            name = f"survey.{one.item}.{answer}" + ("" if one.tick == last else f"@{one.tick}")
            sums.setdefault(name, []).append(share)
    return {name: sum(each) / len(each) for name, each in sums.items()}


def keep(file: Path, answers: Iterable[Answer]) -> None:
    """Write answers, whole or not at all. Raises StoreError."""
    part = file.with_name(f"{file.name}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps([asdict(one) for one in answers], ensure_ascii=False), "utf-8")
        part.replace(file)
    except OSError as error:
        raise StoreError(f"can't write {file}: {error.strerror}") from error


def kept(file: Path) -> list[Answer]:
    """The answers in a file; none where there is no such file. Raises StoreError."""
    try:
        return [Answer(**one) for one in json.loads(file.read_text(encoding="utf-8"))]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError) as error:
        raise StoreError(f"{file} can't be read: {error}") from None
