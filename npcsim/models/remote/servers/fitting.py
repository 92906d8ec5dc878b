"""Whether a question fits into the context that a server has loaded, as its text tells.

For the router, which asks nobody: the same question and what the run has recorded give the same
answer in a replay.
"""

from __future__ import annotations

from dataclasses import dataclass

from npcsim.messages import Choose, Question
from npcsim.models.money.prices import most_output, own_output
from npcsim.models.remote.looking import looked_up, with_calls
from npcsim.models.remote.served import ROLE, listed
from npcsim.models.remote.servers import rounds
from npcsim.models.remote.servers.counting import bound
from npcsim.models.remote.servers.found import LLAMA_SERVER, VLLM, Found
from npcsim.models.remote.servers.replies import labels_of

ASK = "Which option does this character take? Answer with its number alone."
"""The longest line that a choice ends with."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """Tokens of context that a model has loaded. `thinks`: it thinks before quick answers.

    `counts`: its server counts tokens, so that more may fit than a bound says.
    """

    context: int
    counts: bool = False
    thinks: bool = False


def loaded(found: Found) -> Loaded | None:
    """What a server told of it; None where it didn't."""
    if found.context is None:
        return None
    return Loaded(found.context, found.kind in (LLAMA_SERVER, VLLM), bool(found.thinks))


def most_tokens(question: Question) -> int:
    """Tokens that a question has at most, with all that it may look up, template included.

    Of options that go in rounds it counts those of the longest round.
    """
    prefix, looks = question.prefix, looked_up(question.lookups)
    if isinstance(question, Choose):
        labels, some = labels_of(question), question
        if len(labels) > rounds.MOST:
            longest = sorted(question.options, key=len)[-rounds.MOST :]
            some = Choose(question.situation, "", tuple(longest), lookups=question.lookups)
        texts = [ROLE, f"{listed(some, labels[: len(some.options)])}\n\n{ASK}"]
    else:
        asked = with_calls(question)
        assert not isinstance(asked, Choose)
        texts = [asked.system, asked.user]
    return bound([prefix.shared, prefix.own, *texts, *looks])


def needed(question: Question) -> int:
    """Tokens that a question and its answer, without thinking, have at most."""
    return most_tokens(question) + own_output(question)


def too_long(question: Question, room: Loaded | None, refused: int | None) -> str:
    """Why a question has no room in a tier's context; empty where it may have.

    refused: what the least that was `TooLong` there so far `needed`; None: nothing was.
    """
    if refused is None and (room is None or room.counts):
        return ""
    needs = needed(question)
    if room is not None and not room.counts:
        if room.thinks or question.effort:
            needs += most_output(question) - own_output(question)
        if needs > room.context:
            return f"has no room for it: up to {needs} tokens, and {room.context} are loaded"
    if refused is not None and needs >= refused:
        return f"has no room for it: up to {needs} tokens, and one of {refused} was too long"
    return ""
