"""What a server has told of a model: kept in a run's first event, so a replay needs no server."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

OPENAI, OLLAMA, LLAMA_SERVER = "OpenAI", "Ollama", "llama-server"
LM_STUDIO, VLLM = "LM Studio", "vLLM"
TEMPLATE, EFFORT, LOW = "template", "effort", "low"
"""How a model is told not to think first: by its chat template, or by an effort of none, or low."""
BATCHED = 64
"""Requests at once to a vLLM, which has no slots and batches what comes: by default it takes more
than this (`max_num_seqs`, docs.vllm.ai, "Optimization and Tuning")."""
LIKELY = {LLAMA_SERVER: 256}
"""Likelihoods to ask for where more than 20 are given: others than labels may come first."""


@dataclass(frozen=True, slots=True)
class Found:
    """A server and a model on it, as far as it tells; None: it doesn't.

    `kind`: which server, empty for one we don't know. `context`: tokens a question and its answer
    may have as it is loaded now, and `assumed`: that is what such a server does where nothing is
    set, for it didn't say. `most`: what the model could have. `logprobs`, `schema`: whether it
    gives log-probabilities, and keeps to a JSON schema. `thinks`: whether it thinks before a quick
    answer although it was told not to; `switch`: how it is told. `slots`: requests it works on at
    once. `down`: why it can't be asked. `late`: it did not answer all of that in time.
    """

    kind: str = ""
    context: int | None = None
    assumed: bool = False
    most: int | None = None
    logprobs: bool | None = None
    schema: bool | None = None
    thinks: bool | None = None
    switch: str = ""
    slots: int | None = None
    down: str = ""
    late: bool = False

    @property
    def settled(self) -> bool:
        """Whether there is nothing left to find out later."""
        return not self.down and not self.late

    @property
    def at_once(self) -> int | None:
        """How many requests at a time it is worth sending, if it tells."""
        return self.slots or (BATCHED if self.kind == VLLM else None)

    def __str__(self) -> str:
        """For people, in one line."""
        if self.down:
            return self.down
        told = [self.kind or "a server of an unknown kind", self._context()]
        told += _whether(self.logprobs, "log-probabilities")
        told += _whether(self.schema, "JSON schema")
        if self.thinks:
            told.append("thinks first and can't be told not to: thoughts are counted and left out")
        elif self.thinks is False:
            told.append("answers without thinking first")
        if self.slots is not None:
            told.append(f"{self.slots} slot{'s' if self.slots != 1 else ''}")
        elif self.kind == VLLM:
            told.append("batches what comes")
        else:
            told.append("slots not told")
        if self.late:
            told.append("it did not tell all in time, and is asked again with the first question")
        return ", ".join(told)

    def _context(self) -> str:
        if self.context is None:
            return "context not told"
        more = f" of {self.most}" if self.most is not None and self.most > self.context else ""
        return f"{'assumed ' if self.assumed else ''}context {self.context}{more} tokens"


def _whether(given: bool | None, what: str) -> list[str]:
    return [] if given is None else [what if given else f"no {what}"]


def to_text(found: Found) -> str:
    """As it is kept: JSON, without what is as it is for an unknown server."""
    unknown = asdict(Found())
    return json.dumps({k: v for k, v in asdict(found).items() if v != unknown[k]})


def from_text(text: str) -> Found:
    """Inverse of `to_text`; fields of another version are left out."""
    kept: dict[str, Any] = json.loads(text)
    names = {field.name for field in fields(Found)}
    return Found(**{name: value for name, value in kept.items() if name in names})


def switched(switch: str) -> dict[str, Any]:
    """What in a request tells a model not to think first.

    Templates differ in the name: Qwen's and GLM's is `enable_thinking`, DeepSeek's and Granite's
    `thinking` (docs.vllm.ai, "Reasoning Outputs"); a template leaves out what it doesn't know.
    """
    if switch == TEMPLATE:
        return {"chat_template_kwargs": {"enable_thinking": False, "thinking": False}}
    return {"reasoning_effort": {EFFORT: "none", LOW: "low"}[switch]} if switch else {}


def kept_to(kind: str, labels: Sequence[str]) -> dict[str, Any]:
    """What in a request keeps an answer to one of some labels, on servers that know how.

    Small models begin with other words where they may. llama-server takes a GBNF grammar and tells
    likelihoods from before it (its README); vLLM a choice, under this name since 0.12 and under
    the other before (docs.vllm.ai, "Structured Outputs"), and ignores what it doesn't know.
    """
    if kind == LLAMA_SERVER:
        said = " | ".join(json.dumps(label) for label in labels)
        return {"grammar": f"root ::= {said}"}
    if kind == VLLM:
        return {"structured_outputs": {"choice": list(labels)}, "guided_choice": list(labels)}
    return {}
