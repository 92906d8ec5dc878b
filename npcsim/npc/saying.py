"""From a speech act to its words: paraphrases, and the question by which a model words it."""

from __future__ import annotations

from npcsim.effects import Signal
from npcsim.messages import Write
from npcsim.npc import prompts
from npcsim.npc.tongues import tongue
from npcsim.npc.tongues.sayings import sayings
from npcsim.speech import SpeechAct
from npcsim.tools.binding import Bound
from npcsim.tools.builtin.talking import is_small_talk
from npcsim.tools.language import fill
from npcsim.tools.partners import last_to
from npcsim.tools.speaking import speech_of, topic_of
from npcsim.tools.talk.knowing import NEWS
from npcsim.tools.view import Body, View
from npcsim.world.dice import roll

WORDS = 40
"""The most tokens of an utterance."""


class Utterance:
    """A call whose words are to be found: the act that it will be, and whom it is said to."""

    def __init__(self, bound: Bound, me: Body, view: View) -> None:
        self.me, self.view = me, view
        self.to: Body = bound.args["to"]
        self.topic = prompts.topic(view, str(bound.args.get("topic", "")))
        same = {"topic": self.topic} if self.topic else {}
        self.bound = Bound(bound.tool, {**bound.args, **same})
        self.signal: Signal | None = speech_of(self.bound, me, view)

    @property
    def act(self) -> SpeechAct | None:
        """What it does; None where it can't be said now, or its tool does not say."""
        return self.signal.act if self.signal is not None else None

    @property
    def small_talk(self) -> bool:
        """Whether it is nothing but talk about the day."""
        return "topic" in self.bound.args and is_small_talk(self.topic)

    def paraphrases(self) -> tuple[str, ...]:
        """Our own words for it, in the scenario's language."""
        act, words = self.act, sayings(self.view.language)
        if self.small_talk:
            return tongue(self.view.language).small_talk
        if act is None:
            return tuple(self._filled(form, self.topic) for form in words.forms["inform"])
        forms = words.forms[_form(act, self.view)]
        return tuple(self._filled(form, self._told()) for form in forms)

    def paraphrase(self) -> str:
        """One of them, drawn by keyed dice."""
        forms = self.paraphrases()
        world = self.view.world
        throw = roll(world.setting.mind_seed, world.tick, self.me.id, "paraphrase")
        return forms[int(throw * len(forms))]

    def question(self) -> Write:
        """What a model is asked that is to word it; what was said to it stands in quotes."""
        act = self.act
        if act is None or self.small_talk:
            return prompts.speak(self.me)
        words = sayings(self.view.language)
        before = last_to(self.me, self.view, self.to)
        heard = prompts.quoted(before.words) if before is not None else ""
        lines = [fill(words.said, who=self.to, words=heard)] if heard else []
        lines += [self._filled(words.told[_form(act, self.view)], self._told()), words.short]
        persona = prompts.speaks_as(self.me)
        return Write(persona, " ".join(lines), WORDS, ("\n",), "speak")

    def _told(self) -> str:
        assert self.signal is not None
        return topic_of(self.signal, self.me, self.view)

    def _filled(self, form: str, topic: str) -> str:
        about = self.act.about if self.act is not None else None
        item = self.view.item(about.item) if about is not None and about.item else ""
        want = self.view.item(about.want) if about is not None and about.want else ""
        text = fill(
            form, to=self.to, topic=topic.rstrip("."), item=item, want=want,
            amount=about.amount if about is not None else 0,
            want_amount=about.want_amount if about is not None else 0,
        )  # fmt: skip
        return prompts.ended(text)


def _form(act: SpeechAct, view: View) -> str:
    """Under what an act's words are found."""
    if act.kind == "ask" and act.about.fact in ("", view.said(NEWS)):
        return "ask: news"
    if act.kind == "answer" and not act.about.fact:
        return "answer: nothing"
    return act.kind
