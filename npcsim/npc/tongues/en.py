"""English. The frame was measured; see `npcsim.npc.prompts` and docs/explain/choosing.md."""

from __future__ import annotations

from npcsim.npc.tongues.tongue import Listing, Tongue

AND = Listing(", ", "{first} and {second}")
ENGLISH = Tongue(
    day=("night", "early morning", "morning", "noon", "afternoon", "evening", "night"),
    time="It is {day}.",
    at="{me} is at the {place}.",
    has="{me} has {things}.",
    near_one="{who} is near.",
    near_many="{who} are near.",
    felt="{me} is {feelings}.",
    names=AND,
    feelings=AND,
    hurt="hurt",
    badly_hurt="badly hurt",
    moods=("upset", "downcast", "excited", "content", "on edge"),
    ties={
        "trust": ("{me} trusts {who}.", "{me} does not trust {who}."),
        "fear": ("{me} is afraid of {who}.", ""),
        "likes": ("{me} likes {who}.", "{me} dislikes {who}."),
        "owes": ("{me} is in {who}'s debt.", ""),
    },
    wants="{me} wants this: {goal}.",
    decides="{me} needs to",
    neutral="Someone needs to",
    carry_on="carry on: {goal}",
    answer_as="You are {me}. {persona} Answer in one short sentence.",
    openings=(
        "Good {day}! How are you?",
        "Hello! How is your {day} going?",
        "Good to see you. What are you up to today?",
    ),
    plans_as="You are {me}. {persona} You plan your day as JSON.",
    plans_hours=(
        "{told} It is {clock}. What you mean to do today: {day}. Write the hours from now on: each "
        "with a goal in a few words and its steps, tools with what they take. Tools: {tools}. "
        "Places: {places}."
    ),
    plans_anew="What has come between: {changed}.",
    after_done="You wanted to {goal}, and it is done. How do you feel?",
    after_failure="You wanted to {goal}, but {reason}. What will you do instead?",
    assistant=(
        "I'm sorry",
        "I am sorry",
        "I'm not familiar",
        "language model",
        "AI assistant",
        ":",
    ),
    small_talk=(
        "Good day to you.",
        "How is your day going?",
        "A fine day to be out and about, isn't it?",
    ),
    said_to_me='{who} said to me: "{words}"',
    overheard='I heard {who} say: "{words}"',
    said='{who} said: "{words}"',
    offers="{who} offers {what}.",
    attacks="I saw {who} attack somebody",
    shouts='{who} shouted "{words}"',
    someone='from {who} came "{what}"',
    sound="I heard a {what}",
    be_at="be at the {place}",
    be_home="be at home",
    arrives="{who} has come.",
    was_hurt="{me} was hurt just now.",
    in_state="{me} is now in the state {state}.",
    not_worked="It did not work: {reason}",
    managed="I managed to {goal}",
    failed="I failed to {goal}: {reason}",
    rates="You judge how much what happened matters to {me}. {persona}",
    rate="Rate each of these {count} memories from 1 (everyday, such as sweeping a floor) to 10 "
    "(it changes a life, such as a death in the family). Answer with the ratings in their order.",
    sum_up="Say in one or two short sentences what you remember of all this. Add nothing:",
    on_day="On day {first}: {gist}",
    on_days="From day {first} to day {last}: {gist}",
    counted="{text} ({count} times)",
    more="and {count} more",
    there=" at the {place}",
    learn_failing="learn that it is no good to {goal}{there}",
    learn_working="learn that it is good to {goal}{there}",
    learn_nothing="think nothing of it",
    often_failed="I tried to {goal}, and it failed {count} of {tried} times{there}",
    often_worked="I tried to {goal}, and it worked {count} of {tried} times{there}",
    learnt="{me} has learnt: to {goal} {how}{there}.",
    how_often=("always failed", "mostly failed", "mostly worked", "always worked"),
)
