"""A questionnaire as written: who is asked what, when, and between which answers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from npcsim.errors import Mistake, ScenarioError
from npcsim.scenario.ground_parts import Name
from npcsim.scenario.load import read_tree
from npcsim.scenario.source import Sources
from npcsim.scenario.spelling import nearest
from npcsim.scenario.units import Duration, parse_moment

END = "end"
BUNDLED = "bundled"


def _answer(value: Any) -> Any:
    # YAML reads a bare `yes` as a truth.
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value


def _time(value: Any) -> Any:
    if isinstance(value, str) and value.strip() != END and not value.isdecimal():
        parse_moment(value)  # which says what is wrong with it
    return value


Words = Annotated[str, BeforeValidator(_answer), Field(min_length=1, max_length=300)]
Time = Annotated[str | int, BeforeValidator(_time)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ItemPart(_Part):
    """One question. With `answers` it is closed: one of them, else the NPC says what it likes."""

    ask: Words
    answers: Annotated[list[Words], Field(min_length=2, max_length=20)] | None = None

    @model_validator(mode="after")
    def _different(self) -> ItemPart:
        if self.answers is not None and len(set(self.answers)) < len(self.answers):
            raise ValueError("`answers` has one twice")
        return self


class Questionnaire(_Part):
    """See docs/howto/ask_everybody.md.

    who: archetypes or NPCs, everybody with a mind if empty. at: when, `12:00`, `day 2 09:00`, a
    tick, or `end`; every: so often too. by: the model that answers, as a tier's `model:` says it,
    or `none` for set phrases.
    """

    who: list[Name] = Field(default_factory=list)
    at: list[Time] = Field(default_factory=list)
    every: Duration | None = None
    by: str = BUNDLED
    items: Annotated[dict[Name, ItemPart], Field(min_length=1, max_length=100)]

    @property
    def times(self) -> tuple[str | int, ...]:
        """The times named; the end where none is, and nothing says how often."""
        return tuple(self.at) or (() if self.every is not None else (END,))


def read_questionnaire(path: Path) -> Questionnaire:
    """Read one. Raises ScenarioError with every mistake at its file, line and column."""
    root, trouble = read_tree(path)
    if root is None:
        raise ScenarioError(trouble)
    sources = Sources(root)
    try:
        found = Questionnaire.model_validate(root.plain())
    except ValidationError as error:
        errors = error.errors(include_url=False, include_input=False)
        trouble += [_mistake(sources, one) for one in errors]
    if trouble:
        raise ScenarioError(trouble)
    return found


def _mistake(sources: Sources, error: Mapping[str, Any]) -> Mistake:
    loc, kind = list(error["loc"]), error["type"]
    if kind == "extra_forbidden":
        part = ItemPart if len(loc) > 1 else Questionnaire
        hint = nearest(str(loc[-1]), list(part.model_fields)) or ""
        return Mistake(*sources.mark(loc, key=True), f"unknown key '{loc[-1]}'", hint)
    if kind == "missing":
        return Mistake(*sources.mark(loc[:-1]), f"'{loc[-1]}' is missing", "")
    return Mistake(*sources.mark(loc), str(error["msg"]).removeprefix("Value error, "), "")
