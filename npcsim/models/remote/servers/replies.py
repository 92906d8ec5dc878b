"""What a completion says: its answer, and where that is when the model may have thought first.

Thoughts come apart from the answer (`reasoning_content`: llama-server, DeepSeek, older vLLM;
`reasoning`: Ollama, LM Studio, newer vLLM) or before it, in `<think>` tags. Templates that open the
tag themselves leave only its end in the answer.
"""

from __future__ import annotations

import re
import string
from math import exp
from typing import Any

from npcsim.errors import BadReply
from npcsim.messages import Answer, Choose, Chosen, Question, Usage, Write, Written
from npcsim.models.remote.served import as_json, numbers, place_of, until
from npcsim.models.remote.servers.rounds import first

LETTERS = string.ascii_uppercase
SEEN = 0.5
"""The share of probability that letters must have among the likeliest tokens, unless one of them
was said: then it is known that they are what is chosen between."""
END = "</think>"
_THOUGHTS = re.compile(r"<think>.*?(</think>|\Z)", re.DOTALL)


def after_thoughts(text: str) -> str:
    """A text without its thoughts."""
    text = _THOUGHTS.sub("", text)
    return text.rpartition(END)[2].strip()


def _thoughts_apart(choice: Any) -> str:
    for name in ("reasoning_content", "reasoning"):
        thoughts = getattr(choice.message, name, None)
        if isinstance(thoughts, str) and thoughts:
            return thoughts
    return ""


def thought_it_away(choice: Any) -> bool:
    """Whether a completion without an answer is one that thought until its tokens were used up."""
    content = getattr(choice.message, "content", None)
    thoughts = _thoughts_apart(choice) or (isinstance(content, str) and "<think>" in content)
    return bool(thoughts) and getattr(choice, "finish_reason", None) == "length"


def answers_token(choice: Any) -> Any:
    """The first token of the answer, with the likeliest there; None where that is not known."""
    content = getattr(getattr(choice, "logprobs", None), "content", None)
    if not isinstance(content, list) or not content:
        return None
    ends = [place for place, entry in enumerate(content) if END in str(entry.token)]
    if ends:
        rest = [entry for entry in content[ends[-1] + 1 :] if str(entry.token).strip()]
    elif _thoughts_apart(choice):
        rest = []  # some servers count the thoughts' tokens in, without their end
    else:
        rest = content
    return rest[0] if rest else None


def said_so_far(text: str) -> str:
    """The words of an answer that is still coming, without thoughts, and without half a tag."""
    text = _THOUGHTS.sub("", text).strip()
    return "" if "<think>".startswith(text) else text


def labels_of(question: Choose) -> list[str]:
    """A letter for each option, or a number where there are more than letters."""
    count = len(question.options)
    return list(LETTERS[:count]) if count <= len(LETTERS) else numbers(question)


def read(question: Question, reply: Any) -> Answer:
    """What a completion says. Raises BadReply, with what it cost, for one that answers nothing."""
    usage = usage_of(reply)
    tokens = (usage.input, usage.output, usage.cached)
    choices = getattr(reply, "choices", None)
    if not isinstance(choices, list) or not choices:
        raise BadReply("a completion without choices", billed=True)
    choice = choices[0]
    content = getattr(choice.message, "content", None)
    text = after_thoughts(content if isinstance(content, str) else "")
    stopped = getattr(choice, "finish_reason", None)
    if stopped == "content_filter" or getattr(choice.message, "refusal", None):
        raise BadReply("the model declined to answer", tokens=tokens)
    if not text and thought_it_away(choice):
        raise BadReply(
            f"the model thought for all of the {usage.output} tokens it may use and came to no "
            "answer: take one that does not think, or whose thinking can be switched off, or say "
            "`effort: low`", tokens=tokens,
        )  # fmt: skip
    if isinstance(question, Write):
        if not text:
            raise BadReply(f"no words came back (stopped by {stopped})", tokens=tokens)
        if question.schema:
            return Written(as_json(text, tokens), usage)
        return Written(until(text, question.stop), usage)
    labels = labels_of(question)
    shares = _shares(choice, labels)
    if shares is not None:
        return Chosen(first(shares), shares, usage)
    try:
        label = text.split()[0] if text else ""
        return Chosen(place_of(label, labels), None, usage)
    except BadReply as error:
        raise BadReply(str(error), tokens=tokens) from None


def _shares(choice: Any, labels: list[str]) -> tuple[float, ...] | None:
    """How likely the answer's token was to be each letter, or None where nothing tells."""
    if labels[0] != LETTERS[0]:
        return None  # a number may be several tokens
    found = dict.fromkeys(labels, 0.0)
    token = answers_token(choice)
    for entry in getattr(token, "top_logprobs", None) or []:
        label = str(entry.token).strip()
        if label in found and isinstance(entry.logprob, int | float) and entry.logprob <= 0:
            found[label] += exp(entry.logprob)
    whole = sum(found.values())
    chosen = token is not None and str(token.token).strip() in found
    if whole < SEEN and not (chosen and whole > 0):
        return None  # it thinks first, or begins with other words
    return tuple(share / whole for share in found.values())


def usage_of(reply: Any) -> Usage:
    """Tokens of a completion, thoughts included; a server may tell none."""
    usage = getattr(reply, "usage", None)
    details = getattr(usage, "prompt_tokens_details", None)
    return Usage(
        int(getattr(usage, "prompt_tokens", 0) or 0),
        int(getattr(usage, "completion_tokens", 0) or 0),
        int(getattr(details, "cached_tokens", 0) or 0),
    )
