"""Words for speech acts, by language: paraphrases of each act, and how a model is told to word it.

Braces stand for names: `{to}` whom it is said to, `{topic}` the fact, `{item}`, `{amount}`,
`{want}`, `{want_amount}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sayings:
    """`forms`: paraphrases by act; `ask: news` and `answer: nothing` are acts without a topic.

    `told`: what a model is asked to say, by act. `said`: what was said before it. `short`: how.
    """

    forms: Mapping[str, tuple[str, ...]]
    told: Mapping[str, str]
    said: str
    short: str


SAYINGS: Mapping[str, Sayings] = {
    "en": Sayings(
        forms={
            "greet": ("Hello, {to}.", "Good to see you, {to}.", "Well met, {to}."),
            "inform": (
                "Have you heard? {topic}.",
                "Let me tell you: {topic}.",
                "You should know this: {topic}.",
            ),
            "ask": (
                "What do you know about {topic}?",
                "Tell me about {topic}, {to}.",
                "What have you heard about {topic}?",
            ),
            "ask: news": ("What is new, {to}?", "Have you heard anything?", "Is there any news?"),
            "answer": ("{topic}.", "All I know is this: {topic}.", "I can tell you this: {topic}."),
            "answer: nothing": (
                "I know nothing of that.",
                "I couldn't tell you, {to}.",
                "I have heard nothing about it.",
            ),
            "request": (
                "Could you spare me a {item}, {to}?",
                "Would you give me a {item}?",
                "I could do with a {item}, {to}.",
            ),
            "offer": (
                "I would give you {amount} {item} for {want_amount} {want}.",
                "What about {amount} {item} for {want_amount} {want}, {to}?",
                "{want_amount} {want} is worth {amount} {item} to me.",
            ),
            "accept": ("Gladly, {to}.", "Very well.", "Of course. Here you are."),
            "refuse": ("No, {to}.", "Not today.", "I would rather not."),
            "promise": (
                "I promise, {to}: {topic}.",
                "You have my word: {topic}.",
                "Count on me, {to}: {topic}.",
            ),
            "threaten": (
                "You will regret this, {to}.",
                "Watch yourself, {to}.",
                "Don't cross me again.",
            ),
            "thank": ("Thank you, {to}.", "Many thanks.", "That is kind of you, {to}."),
            "bye": ("Goodbye, {to}.", "I must be off now.", "Until next time, {to}."),
        },
        told={
            "greet": "Greet {to}.",
            "inform": "Tell {to} this: {topic}.",
            "ask": "Ask {to} about {topic}.",
            "ask: news": "Ask {to} for news.",
            "answer": "Answer {to} with this: {topic}.",
            "answer: nothing": "Tell {to} that you know nothing of it.",
            "request": "Ask {to} for a {item}.",
            "offer": "Offer {to} {amount} {item} for {want_amount} {want}.",
            "accept": "Agree to what {to} asks of you.",
            "refuse": "Refuse what {to} asks of you.",
            "promise": "Promise {to} this: {topic}.",
            "threaten": "Threaten {to}.",
            "thank": "Thank {to}.",
            "bye": "Say goodbye to {to}.",
        },
        said='{who} has just said: "{words}"',
        short="One short sentence, in your own words; name nobody and nothing else.",
    ),
    "ko": Sayings(
        forms={
            "greet": ("안녕하세요, {to}.", "반가워요, {to}.", "{to}, 잘 지내세요?"),
            "inform": (
                "소식 들었어요? {topic}.",
                "할 말이 있어요. {topic}.",
                "이건 알아 두세요. {topic}.",
            ),
            "ask": (
                "{topic:을} 아세요?",
                "{topic} 이야기 좀 해 주세요.",
                "{topic:은} 어떻게 됐는지 들었어요?",
            ),
            "ask: news": ("새 소식 있어요?", "뭐 들은 것 있어요?", "요즘 무슨 일 있어요?"),
            "answer": ("{topic}.", "제가 아는 건 이거예요. {topic}.", "말씀드릴게요. {topic}."),
            "answer: nothing": (
                "그건 저도 몰라요.",
                "들은 것이 없어요.",
                "아는 게 없네요.",
            ),
            "request": (
                "{item} 하나만 주실래요?",
                "{item} 하나 나눠 주세요, {to}.",
                "{item:이} 하나 있으면 좋겠어요.",
            ),
            "offer": (
                "{item} {amount}개를 줄 테니 {want} {want_amount}개를 주세요.",
                "{want} {want_amount}개에 {item} {amount}개, 어때요?",
                "{item} {amount}개와 {want} {want_amount}개를 바꿔요.",
            ),
            "accept": ("그럼요.", "좋아요. 여기 있어요.", "기꺼이요, {to}."),
            "refuse": ("안 돼요.", "오늘은 안 되겠어요.", "그건 싫어요."),
            "promise": (
                "약속할게요: {topic}.",
                "믿으세요: {topic}.",
                "꼭 지킬게요: {topic}.",
            ),
            "threaten": ("후회하게 될 거예요.", "조심하세요, {to}.", "다시는 이러지 마세요."),
            "thank": ("고마워요, {to}.", "정말 고맙습니다.", "친절하시네요."),
            "bye": ("안녕히 계세요.", "이만 가 볼게요.", "다음에 또 봐요, {to}."),
        },
        told={
            "greet": "{to}에게 인사하세요.",
            "inform": "{to}에게 이것을 알려 주세요: {topic}.",
            "ask": "{to}에게 이것을 물어보세요: {topic}.",
            "ask: news": "{to}에게 새 소식을 물어보세요.",
            "answer": "{to}에게 이렇게 대답하세요: {topic}.",
            "answer: nothing": "{to}에게 모른다고 하세요.",
            "request": "{to}에게 {item:을} 달라고 하세요.",
            "offer": "{to}에게 {item} {amount}개를 줄 테니 {want} {want_amount}개를 달라고 하세요.",
            "accept": "{to}의 부탁을 들어주겠다고 하세요.",
            "refuse": "{to}의 부탁을 거절하세요.",
            "promise": "{to}에게 이것을 약속하세요: {topic}.",
            "threaten": "{to:을} 위협하세요.",
            "thank": "{to}에게 고맙다고 하세요.",
            "bye": "{to}에게 작별 인사를 하세요.",
        },
        said='{who:이} 방금 말했습니다: "{words}"',
        short="짧은 한 문장으로 자기 말로 하고, 다른 사람이나 물건은 말하지 마세요.",
    ),
}


def sayings(language: str) -> Sayings:
    """A language's words for speech acts; English for a language that has none."""
    return SAYINGS.get(language, SAYINGS["en"])
