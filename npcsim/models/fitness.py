"""In which languages models have been shown fit to choose and to write: never asked beyond that.

Measured with `npcsim bench language`: forty village situations of four options, ten right by
chance. Fit to choose is who is right in most of them by a clear margin (`bench.language.FIT`).
The bundled model, SmolLM2-135M-Instruct: see docs/explain/choosing.md for its figures. A scripted
model's rule reads no words, so it chooses in any language, but what it writes is English.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from npcsim.messages import Choose, Question
from npcsim.models.tiers import Source
from npcsim.tools.language import ENGLISH

CHOOSE, WRITE = "choose", "write"


@dataclass(frozen=True, slots=True)
class Fitness:
    """The languages a model may be asked to choose and to write in; None: whichever."""

    choose: frozenset[str] | None
    write: frozenset[str] | None

    def lacks(self, language: str) -> tuple[str, ...]:
        """What it is not fit for in a language: of `choose` and `write`."""
        fit = {CHOOSE: self.choose, WRITE: self.write}
        return tuple(k for k, known in fit.items() if known is not None and language not in known)


_ENGLISH = frozenset({ENGLISH})
SHOWN: Mapping[str, Fitness] = {
    "bundled": Fitness(_ENGLISH, _ENGLISH),
    "scripted": Fitness(None, _ENGLISH),
    "file": Fitness(_ENGLISH, _ENGLISH),
    "ollama": Fitness(_ENGLISH, _ENGLISH),
    "openai": Fitness(None, None),
    "anthropic": Fitness(None, None),
}
"""By kind of source. A file's or a server's model is anybody's: that it does more, its tier says.
The big providers' models are taken to do any language, on their word and not by measurement."""
WHY = {"bundled": "it is right in 19 of 40 situations in Korean, 10 by chance"}


def fitness(source: Source, languages: Iterable[str] | None = None) -> Fitness:
    """What a source's model is fit for; `languages`, if a tier names them, is its word for it."""
    if languages is not None:
        named = frozenset(languages)
        return Fitness(named, named)
    if source.kind == "openai" and source.url:
        return SHOWN["file"]
    return SHOWN.get(source.kind, SHOWN["file"])


def kind_of(question: Question) -> str:
    """`choose` or `write`."""
    return CHOOSE if isinstance(question, Choose) else WRITE
