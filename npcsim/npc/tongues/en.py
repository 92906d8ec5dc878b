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
    news=(
        "Have you heard? {topic}.",
        "Let me tell you: {topic}.",
        "You should know this: {topic}.",
    ),
    said_to_me='{who} said to me: "{words}"',
    overheard='I heard {who} say: "{words}"',
    said='{who} said: "{words}"',
    offers="{who} offers {what}.",
    attacks="I saw {who} attack somebody",
    shouts='{who} shouted "{words}"',
    someone='from {who} came "{what}"',
    sound="I heard a {what}",
    in_state="{me} is now in the state {state}.",
    not_worked="It did not work: {reason}",
    managed="I managed to {goal}",
    failed="I failed to {goal}: {reason}",
    on_day="On day {first}: {gist}",
    on_days="From day {first} to day {last}: {gist}",
    counted="{text} ({count} times)",
    more="and {count} more",
)
