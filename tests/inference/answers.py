"""Answers as they are compared: what was kept of earlier prompts may differ, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from npcsim.errors import ModelError
from npcsim.messages import Answer


def bare(answers: Sequence[Answer | ModelError]) -> list[object]:
    """Without what was cached, and what of a neutral text was computed; an error as its text."""
    return [
        repr(one) if isinstance(one, ModelError) else replace(
            one, usage=replace(one.usage, cached=0, neutral=0)
        )
        for one in answers
    ]  # fmt: skip
