"""The languages that minds know, each in a module of its own."""

from __future__ import annotations

from collections.abc import Mapping

from npcsim.npc.tongues.en import ENGLISH
from npcsim.npc.tongues.ko import KOREAN
from npcsim.npc.tongues.tongue import Tongue

TONGUES: Mapping[str, Tongue] = {"en": ENGLISH, "ko": KOREAN}


def tongue(language: str) -> Tongue:
    """A language's texts; English for a language that has none."""
    return TONGUES.get(language, ENGLISH)


__all__ = ["TONGUES", "Tongue", "tongue"]
