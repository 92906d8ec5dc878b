"""Whether words keep to what a speech act is about: a plain lexicon of the world's names."""

from __future__ import annotations

import re

from npcsim.speech import SpeechAct
from npcsim.tools.view import View

COMMON = frozenset("well square green common bank close park fair will may mark rose hope".split())
"""Names that are ordinary English words too: these count where `the` or `at` stands before."""
_HANGUL = re.compile("[가-힣]")


def strangers(words: str, act: SpeechAct, view: View) -> list[str]:
    """People, places and items that words name and that the act does not refer to, by name.

    Who speaks and whom it is said to may be named, and all that the act's fact names.
    """
    setting = view.world.setting
    meant = {act.speaker, *act.to}
    meant |= {act.about.person, act.about.place, act.about.item, act.about.want}
    known: list[tuple[str, str]] = [(p.id, p.name) for p in setting.profiles]
    known += [(place.id, place.name) for place in setting.places.values()]
    known += [(item.id, item.name) for item in setting.items.values()]
    told = " ".join([act.about.fact, *(name for id, name in known if id in meant)])
    return [
        name
        for _, name in sorted(set(known))
        if names(words, name) and not names(told, name, strictly=False)
    ]


def names(text: str, name: str, *, strictly: bool = True) -> bool:
    """Whether a text names something. A capital letter in a name counts, as in `Will`.

    strictly: what is an ordinary word too is a name only after `the` or `at`, or with a capital.
    """
    if not name:
        return False
    if _HANGUL.search(name):  # particles follow names without a space
        return name in text
    plural = "" if name[:1].isupper() else "(?:s|es)?"
    before = r"\b"
    if strictly and name in COMMON:
        before = r"\b(?:the|at|to|a) "
    flags = 0 if name[:1].isupper() else re.IGNORECASE
    return re.search(rf"{before}{re.escape(name)}{plural}\b", text, flags) is not None
