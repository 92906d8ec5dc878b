"""Likelihoods where there are any, for any number of options; else votes; else no claim."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from math import exp, log
from typing import Any

import pytest

from npcsim.errors import BadReply, ModelError, Unavailable
from npcsim.messages import Choose, Chosen, Usage
from npcsim.models.money.prices import Price, bound
from npcsim.models.remote.servers import rounds, votes
from tests.models.remote.provider import completion
from tests.models.remote.servers import fakes
from tests.models.remote.servers.fakes import CHAT, chat, options_of
from tests.models.remote.servers.test_probing import model_on

Rule = Callable[[dict[str, Any]], tuple[int, Any]]


def choice(count: int) -> Choose:
    return Choose(
        "Odo decides to", "Someone decides to", tuple(f"wait {n} hours" for n in range(count))
    )


def worth(option: str) -> float:
    """What a fake model finds an option worth: one for each."""
    return (int(option.split()[1]) * 37 % 101) / 25


def minded(body: dict[str, Any]) -> tuple[int, Any]:
    """A model that keeps to Luce's axiom: its odds are those of `worth`, among however many."""
    there = options_of(body)
    if not there:
        return chat()(body)
    whole = sum(exp(worth(option)) for option in there.values())
    logs = {label: worth(option) - log(whole) for label, option in there.items()}
    best = max(logs, key=logs.__getitem__)
    likeliest = dict(sorted(logs.items(), key=lambda one: -one[1])[:20])
    return 200, completion(best, likeliest if body.get("logprobs") else None)


async def asked(app: Any, question: Choose, find: bool = True, **settings: Any) -> Chosen:
    model = model_on(app, **settings)
    try:
        if find:
            await model.find()
        app.asked.clear()
        answer = await model.ask(question)
    finally:
        await model.close()
    assert isinstance(answer, Chosen)
    return answer


@pytest.mark.parametrize(("count", "requests"), [(3, 1), (26, 1), (30, 3), (200, 11), (450, 26)])
async def test_any_number_of_options_has_the_distribution_they_have(
    count: int, requests: int
) -> None:
    """By Luce's axiom the rounds come out as if all had been asked at once."""
    app = fakes.vllm(said=minded)
    answer = await asked(app, choice(count))
    weights = [exp(worth(option)) for option in choice(count).options]
    assert answer.probabilities is not None
    assert sum(answer.probabilities) == pytest.approx(1)
    if count != 26:  # of those, only the likeliest 20 are told
        assert answer.probabilities == pytest.approx([w / sum(weights) for w in weights])
    assert weights[answer.pick] == max(weights)
    assert len(app.asked) == requests
    assert answer.usage == Usage(80 * requests, requests, 64 * requests)


def test_groups_are_even_and_leave_nobody_out() -> None:
    for count in (21, 27, 30, 40, 41, 200, 399):
        parts = rounds.groups(count)
        assert [place for part in parts for place in part] == list(range(count))
        sizes = {len(part) for part in parts}
        assert max(sizes) <= rounds.MOST
        assert max(sizes) - min(sizes) <= 1


async def test_where_answers_are_charged_many_options_are_one_question() -> None:
    app = fakes.vllm(said=minded)
    answer = await asked(app, choice(200), charged=True)
    assert len(app.asked) == 1
    assert answer.probabilities is None
    assert choice(200).options[answer.pick] == options_of(app.asked[0][1])[str(answer.pick + 1)]
    assert "its number alone" in app.asked[0][1]["messages"][-1]["content"]


async def test_a_round_without_likelihoods_leaves_the_number() -> None:
    silent = fakes.vllm(said=lambda body: (200, completion("A1"["1" in options_of(body)])))
    assert await asked(silent, choice(30)) == Chosen(0, None, Usage(80, 1, 64))
    assert len(silent.asked) == 1  # it had told that it gives none
    answer = await asked(silent, choice(30), find=False)
    assert (answer.pick, answer.probabilities) == (0, None)


def in_turn(labels: str, **settings: Any) -> tuple[Rule, list[dict[str, Any]]]:
    """A server without likelihoods that gives these answers, and what it was asked."""
    said, heard = itertools.cycle(labels), list[dict[str, Any]]()

    def rule(body: dict[str, Any]) -> tuple[int, Any]:
        if not options_of(body):
            return chat(likely=False)(body)
        heard.append(body)
        return 200, completion(next(said), **settings)

    return rule, heard


async def test_votes_are_counted_smoothed_and_paid_for() -> None:
    rule, heard = in_turn("BBABB")
    answer = await asked(fakes.vllm(said=rule), choice(4), votes=5)
    assert answer.probabilities == pytest.approx([1.25 / 6, 4.25 / 6, 0.25 / 6, 0.25 / 6])
    assert (answer.pick, answer.usage) == (1, Usage(400, 5, 320))
    assert {body["temperature"] for body in heard} == {1.0}
    assert not any("logprobs" in body for body in heard)


async def test_votes_are_for_those_without_likelihoods() -> None:
    app = fakes.vllm(said=minded)
    await asked(app, choice(4), votes=5)
    assert len(app.asked) == 1
    assert app.asked[0][1]["temperature"] == 0
    # Not looked at before: the first answer shows that there are none, and is no vote.
    rule, heard = in_turn("AB")
    answer = await asked(fakes.vllm(said=rule), choice(2), find=False, votes=2)
    assert [body["temperature"] for body in heard] == [0, 1.0, 1.0]
    assert (answer.probabilities, answer.usage.output) == ((0.5, 0.5), 3)


async def test_a_vote_that_cant_be_read_counts_nothing_and_costs() -> None:
    rule, _ = in_turn("AZZZZ")
    answer = await asked(fakes.vllm(said=rule), choice(2), votes=5)
    assert answer.probabilities == (0.75, 0.25)
    assert answer.usage.output == 5
    rule, _ = in_turn("Z")
    with pytest.raises(BadReply, match="none of 3 votes could be read") as caught:
        await asked(fakes.vllm(said=rule), choice(2), votes=3)
    assert caught.value.tokens == (240, 3, 192)


async def test_votes_go_over_many_options_by_number() -> None:
    rule, _ = in_turn(["7", "7", "30"])  # type: ignore[arg-type]
    answer = await asked(fakes.vllm(said=rule), choice(30), votes=3)
    assert answer.pick == 6
    assert answer.probabilities is not None
    assert sum(answer.probabilities) == pytest.approx(1)


async def test_what_was_used_before_it_failed_is_told() -> None:
    answers = iter([(200, completion("A")), (500, {"error": {"message": "oh"}})])
    app = fakes.vllm(
        said=lambda body: next(answers) if options_of(body) else chat(likely=False)(body)
    )
    with pytest.raises(Unavailable) as caught:
        await asked(app, choice(2), votes=3)
    assert (caught.value.tokens, caught.value.billed) == ((80, 1, 64), True)
    # Where the last one's use is not known, nothing of the whole is: the most is counted.
    answers = iter([(200, completion("A")), (504, {"error": {"message": "oh"}})])
    with pytest.raises(ModelError) as lost:
        await asked(app, choice(2), votes=3)
    assert (lost.value.tokens, lost.value.billed) == (None, True)


def test_a_question_with_votes_is_bounded_by_all_its_requests() -> None:
    once, six = Price(1, 1, 1), Price(1, 1, 1, times=6)
    assert bound(choice(4), six) == 6 * bound(choice(4), once)
    assert six.of(Usage(10, 1)) == once.of(Usage(10, 1))


def test_few_votes_are_no_certainty() -> None:
    assert votes.shares([5, 0, 0, 0]) == pytest.approx((0.875, 1 / 24, 1 / 24, 1 / 24))
    assert votes.shares([0, 1]) == (0.25, 0.75)


def test_paths_of_the_fakes_are_those_of_the_sdk() -> None:
    assert CHAT == "/v1/chat/completions"
