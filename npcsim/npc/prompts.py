"""Every text that is put to a model, and the words used when none is asked."""

from __future__ import annotations

from npcsim.messages import Choose, Write
from npcsim.npc.perception import day_part, feelings
from npcsim.tools.view import Body, View
from npcsim.world.dice import roll

# The frame and its order (time, place, company, then the need or the news last) chose best of
# those tried with the bundled model on 48 village situations of four options: 40 right.
NEUTRAL = "Someone decides to"
OPENINGS = (
    "Good {day}! How are you?",
    "Hello! How is your {day} going?",
    "Good to see you. What are you up to today?",
)
ASSISTANT = ("I'm sorry", "I am sorry", "I'm not familiar", "language model", "AI assistant", ":")
SMALL_TALK = "the day"
PARAPHRASES = {
    SMALL_TALK: (
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


def speak(me: Body) -> Write:
    """One short line of small talk.

    Only that is left to a small model: asked to pass on news, the bundled one talks beside the
    point, so news is told in plain paraphrases of the speech act.
    """
    system = f"You are {me}. {me.profile.persona} Answer in one short sentence."
    world = me.view.world
    throw = roll(world.setting.mind_seed, world.tick, me.id, "opening")
    opening = OPENINGS[int(throw * len(OPENINGS))].format(day=day_part(me.view.hour))
    return Write(system, opening, 28, ("\n",), "speak")


def reflect(me: Body, goal: str, how: str, reason: str) -> Write:
    """One line of reflection on a goal that ended."""
    system = f"You are {me}. {me.profile.persona} Answer in one short sentence."
    if how == "done":
        user = f"You wanted to {goal}, and it is done. How do you feel?"
    else:
        user = f"You wanted to {goal}, but {reason}. What will you do instead?"
    return Write(system, user, 28, ("\n",), "reflect")


def paraphrase(me: Body, to: Body, topic: str) -> str:
    """Words for a speech act without a model, drawn by keyed dice."""
    forms = PARAPHRASES.get(topic, PARAPHRASES[""])
    world = me.view.world
    throw = roll(world.setting.mind_seed, world.tick, me.id, "paraphrase")
    return forms[int(throw * len(forms))].format(topic=topic.rstrip("."))


def line_of(me: Body, text: str, limit: int = 160) -> str:
    """A model's words as one line of speech, or an empty text when they are not fit to be said.

    Off come quotes, the speaker's own name in front, and all after the first whole sentence. A
    sentence cut off by the token limit, or one in which the model speaks as an assistant
    ("I'm sorry, I'm not ..."), is not fit.
    """
    # Half of a surrogate pair is no text and can't be said.
    text = text.encode("utf-8", "replace").decode()
    line = " ".join(text.split()).removeprefix(f"{me.name}:").strip().strip('"').strip()
    ends = [line.find(mark) + 1 for mark in (". ", "! ", "? ") if mark in line]
    line = line[: min(ends)] if ends else line
    unfit = not line.endswith((".", "!", "?")) or any(mark in line for mark in ASSISTANT)
    return "" if unfit or len(line) > limit else line


def _and(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
