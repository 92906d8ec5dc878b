"""Every text that is put to a model, and the words used when none is asked."""

from __future__ import annotations

from npcsim.messages import Choose, Write
from npcsim.npc.perception import day_part, feelings
from npcsim.tools.view import Body, View
from npcsim.world.dice import roll

# The frame and its order (time, place, company, then the need or the news last) chose best of
# those tried with the bundled model on 48 village situations of four options: 40 right.
NEUTRAL = "Someone decides to"
PARAPHRASES = {
    "the day": (
        "Good day to you.",
        "How is your day going?",
        "A fine day to be out and about, isn't it?",
    ),
    "": ("Have you heard? {topic}.", "Let me tell you: {topic}.", "You should know this: {topic}."),
}


def situation(me: Body, view: View, why: str) -> str:
    """How things stand, in a few short sentences, the most pressing last."""
    lines = [f"It is {day_part(view.hour)}."]
    if me.place:
        lines.append(f"{me} is at the {view.place(me.place)}.")
    has = [str(view.item(item).name) for item in me.carries if item != "coin"][:3]
    if has:
        lines.append(f"{me} has {_and(has)}.")
    near = [str(other.name) for other in view.near(me, 6.0)[:3]]
    if near:
        lines.append(f"{_and(near)} {'are' if len(near) > 1 else 'is'} near.")
    if why:
        lines.append(why)
    felt = feelings(me)
    if felt:
        lines.append(f"{me} is {_and(felt)}.")
    return " ".join(lines)


def choose(me: Body, view: View, why: str, options: tuple[str, ...], purpose: str) -> Choose:
    """Which of these would this NPC do now?"""
    text = f"{situation(me, view, why)} {me} decides to"
    return Choose(text, NEUTRAL, options, purpose)


def speak(me: Body, view: View, to: Body, topic: str) -> Write:
    """One short line of speech."""
    profile = me.profile
    system = f"You are {me}. {profile.persona} Answer in one short sentence."
    heard = [
        line.text for line in me.memories if line.sort == "heard" and f"{to} said" in line.text
    ]
    last = heard[-1].partition(": ")[2].strip('"') if heard else "Good day! How are you?"
    user = last if topic == "the day" else f"What do you have to tell me about this: {topic}?"
    return Write(system, user, max_tokens=28, stop=("\n",), purpose="speak")


def reflect(me: Body, view: View, goal: str, how: str, reason: str) -> Write:
    """One line of reflection on a goal that ended."""
    system = f"You are {me}. {me.profile.persona} Answer in one short sentence."
    ended = "It is done." if how == "done" else f"It failed: {reason}."
    user = f"You wanted to {goal}. {ended} What do you think of it now?"
    return Write(system, user, max_tokens=28, stop=("\n",), purpose="reflect")


def paraphrase(me: Body, to: Body, topic: str) -> str:
    """Words for a speech act without a model, drawn by keyed dice."""
    forms = PARAPHRASES.get(topic, PARAPHRASES[""])
    world = me.view.world
    throw = roll(world.setting.mind_seed, world.tick, me.id, "paraphrase")
    return forms[int(throw * len(forms))].format(topic=topic.rstrip("."))


def first_sentence(text: str, limit: int = 160) -> str:
    """A model's words as one line of speech: no quotes around, no second paragraph, no end cut."""
    line = " ".join(text.strip().strip('"').split())
    ends = [line.find(mark) + 1 for mark in (". ", "! ", "? ") if mark in line]
    if ends:
        line = line[: min(ends)]
    return line[:limit].strip()


def _and(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
