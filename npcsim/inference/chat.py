"""How a conversation is laid out for each family of models.

A GGUF carries its own template in Jinja, which could hang or eat memory; it is only looked at to
tell the family, never rendered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Family:
    """The marks around a turn. `system` is False where a system turn is part of the user's."""

    name: str
    before: str
    after: str
    system: bool = True
    roles: tuple[str, str, str] = ("system", "user", "assistant")


CHATML = Family("chatml", "<|im_start|>{role}\n", "<|im_end|>\n")
LLAMA3 = Family("llama3", "<|start_header_id|>{role}<|end_header_id|>\n\n", "<|eot_id|>")
GEMMA = Family(
    "gemma",
    "<start_of_turn>{role}\n",
    "<end_of_turn>\n",
    system=False,
    roles=("user", "user", "model"),
)
PHI = Family("phi", "<|{role}|>\n", "<|end|>\n")
PLAIN = Family("plain", "{role}: ", "\n", roles=("Instruction", "Request", "Answer"))

_MARKS = (
    ("<|im_start|>", CHATML),
    ("<|start_header_id|>", LLAMA3),
    ("<start_of_turn>", GEMMA),
    ("<|end|>", PHI),
)


def family_of(template: str) -> Family:
    """Which family a chat template belongs to, by the marks in it; `PLAIN` if none is known."""
    for mark, family in _MARKS:
        if mark in template:
            return family
    return PLAIN


def lay_out(
    family: Family, system: str, user: str, before: Sequence[str] = ()
) -> list[tuple[str, bool]]:
    """The prompt in parts: (text, whether special marks in it count as such).

    `before` stands right before `system`, each as a part of its own, and before anything else
    that is not a mark. What NPCs say is never a mark, so no speech can end a turn or open another.
    """
    if not any((*before, system)):
        turns = [(1, [user])]
    elif family.system:
        turns = [(0, [*before, system]), (1, [user])]
    else:
        turns = [(1, [*before, f"{system}\n\n{user}"])]
    parts: list[tuple[str, bool]] = []
    for role, texts in turns:
        parts.append((family.before.format(role=family.roles[role]), True))
        parts += [(text, False) for text in texts]
        parts.append((family.after, True))
    return [*parts, (family.before.format(role=family.roles[2]), True)]
