"""The command `npcsim survey`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from npcsim.options import AsJson, RunPath, told

if TYPE_CHECKING:
    from npcsim.experiments.surveys.answers import Answer


def survey(
    run: RunPath,
    questionnaire: Annotated[Path, typer.Argument(help="A file: who is asked what, and when.")],
    by: Annotated[
        str | None,
        typer.Option(help="The model that answers, e.g. `ollama:qwen3:8b`, or `none`."),
    ] = None,
    csv: Annotated[Path | None, typer.Option(help="Write every answer into this file.")] = None,
    as_json: AsJson = False,
) -> None:
    """Put a questionnaire to the NPCs of a kept run. The run is only read: its hashes stay."""
    from dataclasses import asdict

    from npcsim.experiments.surveys.putting import survey_run
    from npcsim.experiments.surveys.questionnaire import read_questionnaire
    from npcsim.experiments.surveys.writing import write_csv

    with told():
        asked = read_questionnaire(questionnaire)
        if by is not None:
            asked = asked.model_copy(update={"by": by})
        answers = survey_run(run, asked)
        if csv is not None:
            write_csv(csv, answers)
            typer.echo(f"wrote {csv}", err=True)
    if as_json:
        typer.echo(json.dumps({"answers": [asdict(one) for one in answers]}, ensure_ascii=False))
        return
    for line in _lines(answers):
        typer.echo(line)


def _lines(answers: Sequence[Answer]) -> Iterator[str]:
    """Each question at each time: the mean distribution, or what everybody said."""
    groups: dict[tuple[int, str], list[Answer]] = {}
    for one in answers:
        groups.setdefault((one.tick, one.item), []).append(one)
    for (tick, item), each in groups.items():
        yield f"{item} at {each[0].time} (tick {tick}), {len(each)} asked: {each[0].question}"
        closed = [one for one in each if one.shares]
        for answer in closed[0].shares if closed else ():
            mean = sum(one.shares[answer] for one in closed) / len(closed)
            picked = sum(one.text == answer for one in closed)
            yield f"  {mean:6.1%}  {answer}  (likeliest for {picked})"
        for one in each:
            if not one.shares:
                yield f"  {one.npc}: {one.text or '–'}{f' ({one.note})' if one.note else ''}"
