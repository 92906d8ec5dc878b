"""The same question to the same model is asked once."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

from npcsim.errors import Unavailable
from npcsim.messages import (
    Answer,
    Model,
    Question,
    Usage,
    answer_from_json,
    answer_json,
    request_key,
)
from npcsim.models.guards.around import Around
from npcsim.models.guards.asking import waiting

MOST = 100_000
HEAD = {"npcsim": "answers", "version": 1}


class Cached(Around):
    """Gives an answer it had before, with `Usage(kept=True)`: nothing was asked or charged.

    Who asks what is being asked already waits for that answer. So whether a question is a hit
    hangs on the order of asking alone, never on who is quick. Failures are not kept. `path`: a
    file of answers to begin with and to add to; None forgets at the end of the run, so that runs
    don't depend on one another.
    """

    def __init__(self, inner: Model, path: Path | None = None) -> None:
        super().__init__(inner)
        self._path = path
        self._answers: dict[str, Answer] | None = None
        self._asked: dict[str, asyncio.Event] = {}

    def keep(self, key: str, answer: Answer) -> None:
        """Take in an answer that was had earlier, as of the run that now goes on."""
        self._known.setdefault(key, answer)

    @property
    def _known(self) -> dict[str, Answer]:
        if self._answers is None:
            self._answers = {} if self._path is None else _read(self._path)
        return self._answers

    async def ask(self, question: Question) -> Answer:
        known = self._known
        key = request_key(self.fingerprint, question)
        while key not in known and key in self._asked:
            with waiting():
                await self._asked[key].wait()
        if key in known:
            return replace(known[key], usage=Usage(kept=True))
        ended = self._asked[key] = asyncio.Event()
        try:
            answer = await self.inner.ask(question)
            if len(known) < MOST:
                known[key] = answer
                if self._path is not None:
                    _add(self._path, key, answer)
            return answer
        except OSError as error:
            used = answer.usage
            why = f"answers can't be kept in {self._path}: {error.strerror}"
            tokens = (used.input, used.output, used.cached)
            raise Unavailable(why, lasting=True, tokens=tokens) from None
        finally:
            del self._asked[key]
            ended.set()


def _read(path: Path) -> dict[str, Answer]:
    """Answers by key. Raises `Unavailable` for a file that is no file of answers."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise Unavailable(f"kept answers can't be read: {error}", lasting=True) from None
    found: dict[str, Answer] = {}
    try:
        if lines and json.loads(lines[0]) != HEAD:
            raise ValueError("another kind of file")
        for line in lines[1:]:
            entry = json.loads(line)
            found[str(entry["key"])] = answer_from_json(entry["answer"])
    except (ValueError, TypeError, LookupError) as error:
        why = f"{path.name} holds no kept answers: {type(error).__name__}: {error}"
        raise Unavailable(why, lasting=True) from None
    return found


def _add(path: Path, key: str, answer: Answer) -> None:
    new = not path.exists()
    entry = {"key": key, "answer": answer_json(answer)}
    with path.open("a", encoding="utf-8") as file:
        file.write("".join(f"{json.dumps(line)}\n" for line in ([HEAD] if new else []) + [entry]))
