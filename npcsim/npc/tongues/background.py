"""What stands before a situation for models that are shown all of it, by language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Background:
    """`tools` to `places`: the same for all. `me` to `lately`: of one NPC.

    `minded` heads what comes to mind of a situation."""

    tools: str
    title: str
    places: str
    me: str
    goal: str
    traits: str
    much: str
    little: str
    knows: str
    lately: str
    minded: str


BACKGROUNDS: Mapping[str, Background] = {
    "en": Background(
        tools="What people here can do:",
        title="This is {title}.",
        places="Places: {places}.",
        me="You are {me}. {persona}",
        goal="You want this: {goal}.",
        traits="You have {traits}.",
        much="much {trait}",
        little="little {trait}",
        knows="You know:",
        lately="You remember, the latest last:",
        minded="This comes to mind:",
    ),
    "ko": Background(
        tools="이곳 사람들이 할 수 있는 일:",
        title="이곳: {title}.",
        places="장소: {places}.",
        me="당신은 {me:이다}. {persona}",
        goal="당신이 바라는 것: {goal}.",
        traits="당신의 성향: {traits}.",
        much="{trait:이} 강하다",
        little="{trait:이} 약하다",
        knows="당신이 아는 것:",
        lately="당신이 기억하는 것, 마지막이 가장 최근이다:",
        minded="떠오르는 기억:",
    ),
}


def background(language: str) -> Background:
    """A language's texts; English for a language that has none."""
    return BACKGROUNDS.get(language, BACKGROUNDS["en"])
