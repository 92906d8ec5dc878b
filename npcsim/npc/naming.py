"""Whether words keep to what a speech act is about: a plain lexicon of the world's names."""

from __future__ import annotations

from npcsim.speech import SpeechAct
from npcsim.tools.naming import names
from npcsim.tools.view import View


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
