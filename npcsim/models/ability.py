"""What a model can do: choose, write, in which languages, how fast. Never asked beyond that.

Measured once for a file, by its SHA-256, and kept in the user's cache folder; the bundled model's
record ships. What was not measured is taken by its kind of provider, and a tier's own `languages:`
counts before all. Where a model chooses little better than chance the body decides, and where what
it writes is unfit paraphrases are said.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from npcsim.errors import NpcsimError
from npcsim.messages import Choose, Question
from npcsim.models.local.llamacpp import default_cache
from npcsim.models.tiers import Source
from npcsim.tools.language import ENGLISH

FORM = 2
"""Raised whenever the same model would be measured otherwise: older records are then unknown."""
FIT_TO_CHOOSE = 2 / 3
"""Share of situations with one sensible answer in four that it must get right."""
FIT_TO_WRITE = 0.5
"""Share of its lines that must be fit to be said."""
CHOOSE, WRITE = "choose", "write"
_SHA = re.compile(r"[0-9a-f]{64}")
_MOST_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Skill:
    """`right` of `asked`, where guessing gets a share `chance` of them right."""

    right: int
    asked: int
    chance: float = 0.0

    @property
    def share(self) -> float:
        return self.right / self.asked if self.asked else 0.0


@dataclass(frozen=True, slots=True)
class Ability:
    """A model's record. `choose` and `write` by language; `speed`: tokens a second of prompts.

    `speed` is of the machine that measured, and decides nothing.
    """

    sha256: str
    model: str
    choose: Mapping[str, Skill]
    write: Mapping[str, Skill]
    speed: float = 0.0
    form: int = FORM

    def can_choose(self, language: str = "en") -> bool:
        """Whether it is right often enough; in a language nobody measured it in it is not."""
        skill = self.choose.get(language)
        return skill is not None and skill.share >= FIT_TO_CHOOSE

    def can_write(self, language: str = "en") -> bool:
        """Whether enough of its lines are fit to be said in a language that it understands.

        Fit is judged by a line's form alone, so that it makes sense is taken from its choosing.
        """
        skill = self.write.get(language)
        return self.can_choose(language) and skill is not None and skill.share >= FIT_TO_WRITE

    @property
    def languages(self) -> tuple[str, ...]:
        """Those it can choose or write in."""
        known = [*self.choose, *(name for name in self.write if name not in self.choose)]
        return tuple(name for name in known if self.can_choose(name) or self.can_write(name))

    def cannot(self, language: str) -> dict[str, str]:
        """What it is not to be asked for, and why, in words for the log."""
        found = {}
        if not self.can_choose(language):
            found[CHOOSE] = _why(CHOOSE, self.choose.get(language), language)
        if not self.can_write(language):
            skill = self.write.get(language)
            fit = skill is not None and skill.share >= FIT_TO_WRITE
            words = f"does not understand {language!r} well enough to write it"
            found[WRITE] = words if fit else _why(WRITE, skill, language)
        return found

    def told(self) -> str:
        """In one line: `chooses en 0.78 (chance 0.25); writes en 0.90; not ko`."""
        chooses = [
            f"{name} {skill.share:.2f}{'' if self.can_choose(name) else ' (unfit)'}"
            for name, skill in self.choose.items()
        ]
        writes = [
            f"{name} {skill.share:.2f}{'' if self.can_write(name) else ' (unfit)'}"
            for name, skill in self.write.items()
        ]
        return f"chooses {', '.join(chooses) or '-'}; writes {', '.join(writes) or '-'}"


def _why(what: str, skill: Skill | None, language: str) -> str:
    if skill is None:
        return f"was not measured in {language!r}"
    if what == CHOOSE:
        luck = skill.chance * skill.asked
        return f"chooses {skill.right} of {skill.asked} right in {language!r}, {luck:.0f} by chance"
    return f"writes {skill.right} of {skill.asked} lines fit to be said in {language!r}"


_ENGLISH = frozenset({ENGLISH})
_Languages = frozenset[str] | None
_UNMEASURED: Mapping[str, tuple[_Languages, _Languages]] = {
    "scripted": (None, _ENGLISH),  # its rule reads no words
    "file": (_ENGLISH, _ENGLISH),
    "ollama": (_ENGLISH, _ENGLISH),
    "openai": (None, None),
    "anthropic": (None, None),
}
"""By kind of provider, the languages to choose and to write in; None: whichever.

A file's or another server's model is anybody's. The big providers' models are taken to do any
language, on their word and not by measurement."""
_BUNDLED = "SmolLM2-135M-Instruct.Q8_0"


def unfit(source: Source, language: str, said: Iterable[str] | None = None) -> tuple[str, ...]:
    """What of `choose` and `write` a source's model is not fit for, before its file is looked at.

    said: the languages that its tier names, which are taken at its word.
    """
    if said is not None:
        return () if language in said else (CHOOSE, WRITE)
    if source.kind == "bundled":
        return tuple(bundled().cannot(language))
    kind = "file" if source.kind == "openai" and source.url else source.kind
    fit = dict(zip((CHOOSE, WRITE), _UNMEASURED.get(kind, _UNMEASURED["file"]), strict=True))
    return tuple(what for what, known in fit.items() if known is not None and language not in known)


def asked_for(question: Question) -> str:
    """What a question asks a model to do: `choose` or `write`."""
    return CHOOSE if isinstance(question, Choose) else WRITE


def bundled() -> Ability:
    """The shipped record of the bundled model, as it is prepared."""
    return next(record for record in _shipped() if record.model == _BUNDLED)


@cache
def _shipped() -> tuple[Ability, ...]:
    text = (files("npcsim.models") / "abilities.json").read_text(encoding="utf-8")
    return tuple(ability_from(record) for record in json.loads(text))


def known(sha256: str, folder: Path | None = None) -> Ability | None:
    """The record of a file: the one that ships, or the one in the cache; None if there is none.

    A broken record counts as none.
    """
    for record in _shipped():
        if record.sha256 == sha256:
            return record
    return _kept(sha256, folder)


def speed_of(sha256: str, folder: Path | None = None) -> float | None:
    """Tokens of prompts a second, measured on this machine; None where nobody did.

    Records that ship have none: a speed is of a machine.
    """
    found = _kept(sha256, folder)
    return (found.speed or None) if found is not None else None


def _kept(sha256: str, folder: Path | None) -> Ability | None:
    path = _path(sha256, folder)
    try:
        if path.stat().st_size > _MOST_BYTES:
            return None
        found = ability_from(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, RecursionError):
        return None
    return found if found.sha256 == sha256 and found.form == FORM else None


def keep(ability: Ability, folder: Path | None = None) -> Path:
    """Write a record into the cache, whole or not at all. -> its file. Raises NpcsimError."""
    path = _path(ability.sha256, folder)
    unfinished = path.with_suffix(f".{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_text(json.dumps(asdict(ability), indent=1) + "\n", encoding="utf-8")
        os.replace(unfinished, path)
    except OSError as error:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise NpcsimError(f"can't keep what was measured in {path}: {error.strerror}") from error
    return path


def ability_from(data: Any) -> Ability:
    """A record from plain data. Raises ValueError for what is none."""
    if not isinstance(data, dict) or not _SHA.fullmatch(str(data.get("sha256"))):
        raise ValueError("no record of a model's ability")
    try:
        return Ability(
            sha256=data["sha256"],
            model=str(data["model"])[:200],
            choose=_skills(data["choose"]),
            write=_skills(data["write"]),
            speed=float(data.get("speed", 0.0)),
            form=int(data.get("form", 0)),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no record of a model's ability: {error}") from error


def _skills(data: Mapping[str, Mapping[str, Any]]) -> dict[str, Skill]:
    return {
        str(name)[:20]: Skill(int(one["right"]), int(one["asked"]), float(one["chance"]))
        for name, one in data.items()
    }


def _path(sha256: str, folder: Path | None) -> Path:
    if not _SHA.fullmatch(sha256):
        raise ValueError(f"no SHA-256: {sha256[:80]!r}")
    return (folder or default_cache()) / "abilities" / f"{sha256}.json"


def to_text(cannot: Sequence[str]) -> str:
    """What a run records of a tier: `choose write`, `choose`, `write` or `nothing`."""
    return " ".join(what for what in (CHOOSE, WRITE) if what not in cannot) or "nothing"
