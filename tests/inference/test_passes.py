"""Many questions at once, on a model over bytes: what company, place and memory must not change."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from npcsim.errors import BadReply, ModelError, TooLong, Unavailable
from npcsim.inference.chat import CHATML, PLAIN
from npcsim.inference.engine import Engine
from npcsim.inference.sequence import Logits, Slice
from npcsim.messages import Answer, Choose, Chosen, Prefix, Question, Write, Written
from tests.inference.answers import bare
from tests.inference.byte_runner import ByteRunner

RULES = "Rules of this village: nobody may steal. "
OPTIONS = ("eat", "sleep", "sing a song", "go home")
ROWS = len({f" {one}"[:n] for one in OPTIONS for n in range(1, len(one) + 1)})


def choice(npc: int, day: int = 0, shared: str = RULES) -> Choose:
    own = f"NPC{npc} is number {npc} of many. " + "Then a day went by. " * day
    text = f"It is day {day}, NPC{npc} decides to"
    return Choose(text, "Someone decides to", OPTIONS, "decide", Prefix(shared, own, f"n{npc}"))


def run(engine: Engine, questions: Sequence[Question]) -> list[Answer | ModelError]:
    for number, question in enumerate(questions):
        engine.submit(number, question)
    return [answer for _, answer in sorted(finish(engine).items())]


def finish(engine: Engine) -> dict[int, Answer | ModelError]:
    found: dict[int, Answer | ModelError] = {}
    while engine.busy:
        found |= dict(engine.step())
    return found


def alone(question: Question) -> Answer | ModelError:
    return run(Engine(ByteRunner(), PLAIN), [question])[0]


questions = st.lists(
    st.one_of(
        st.builds(choice, st.integers(0, 4), st.integers(0, 3), st.sampled_from([RULES, "", "R "])),
        st.builds(
            Write, st.just("Be brief."), st.text("ab ", max_size=9), st.integers(1, 6), st.just(())
        ),
    ),
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(questions, st.integers(1, 6), st.integers(0, 2000), st.booleans())
def test_no_company_place_or_memory_changes_an_answer(
    asked: list[Question], places: int, kept_bytes: int, streams: bool
) -> None:
    runner = ByteRunner(places=places, streams=streams)
    engine = Engine(runner, PLAIN, kept_bytes=kept_bytes)

    for _ in range(2):
        assert bare(run(engine, asked)) == bare([alone(question) for question in asked])
    assert all(held == [] for held in runner.held.values())
    assert all(len(runner.kept_ever[at]) <= kept_bytes for at in runner.shelf)


def test_the_shared_part_is_computed_once_and_the_own_part_kept() -> None:
    runner = ByteRunner(places=4)
    engine = Engine(runner, PLAIN, kept_bytes=10_000)
    run(engine, [choice(npc) for npc in range(8)])
    first = engine.stats.rows
    run(engine, [choice(npc) for npc in range(8)])
    second = engine.stats.rows - first

    fresh = len("It is day 0, NPC1 decides to") + ROWS
    assert second == 8 * fresh
    assert sum(held[: len(RULES)] == list(RULES.encode()) for held in runner.kept_ever) == 9
    own = len("NPC1 is number 1 of many. ")
    neutral = len("Someone decides to") + ROWS
    assert first == len(RULES) + neutral + 8 * (own + fresh)


def test_what_one_asked_before_is_where_its_next_question_begins() -> None:
    def asked(what: str) -> Choose:
        return Choose(f"It is noon. Mara is at the mill. {what} She will", "She will", OPTIONS)

    runner = ByteRunner()
    engine = Engine(runner, PLAIN, kept_bytes=10_000)
    words = [Write("You are Mara, a baker.", text, 12, ()) for text in ("Good day!", "Good night!")]
    asking: list[tuple[str, Question]] = [
        ("mara", asked("It rains.")), ("tom", asked("It rains.")), ("mara", asked("It snows.")),
        ("mara", words[0]), ("mara", words[1]), ("", asked("It hails.")),
    ]  # fmt: skip
    used = []
    for number, (whose, question) in enumerate(asking):
        engine.submit(number, question, whose=whose)
        (answer,) = finish(engine).values()
        assert not isinstance(answer, ModelError)
        assert bare([answer]) == bare([alone(question)])
        used.append(answer.usage)

    alike = sum(len(f" {option}") for option in OPTIONS) - ROWS
    begun = len("It is noon. Mara is at the mill. It ")
    assert [one.cached - alike for one in used[:3]] == [0, 0, begun]
    assert used[3].cached == 0
    assert used[4].cached >= len("You are Mara, a baker.") + len("Good ")
    assert used[5].cached == alike  # of nobody nothing is kept
    last = 2  # tokens of words that were cut off: nothing comes after them
    assert sum(one.computed for one in used) - last == engine.stats.rows


def test_an_answer_tells_what_was_computed_for_it() -> None:
    runner = ByteRunner(places=4, script=b"Good day.")
    engine = Engine(runner, PLAIN, kept_bytes=10_000)
    words = Write("Be brief.", "Speak!", 20, prefix=Prefix(RULES, "You are NPC1. ", "n1"))
    asked = [*(choice(npc) for npc in range(8)), words]
    answers = [*run(engine, asked), *run(engine, asked)]
    used = [answer.usage for answer in answers if not isinstance(answer, ModelError)]

    assert len(used) == 18
    assert sum(usage.computed for usage in used) == engine.stats.rows
    assert all(usage.cached >= len(RULES) for usage in used[9:])
    own = len(RULES) + len("NPC1 is number 1 of many. ")
    alike = sum(len(f" {option}") for option in OPTIONS) - ROWS
    assert [usage.cached for usage in used[9:17]] == [own + alike] * 8
    # The rules were computed for the first that needed them: a neutral text.
    neutral = len(RULES) + len("Someone decides to") + ROWS
    assert [usage.neutral for usage in used if usage.neutral] == [neutral]


def test_a_past_that_grew_costs_only_what_is_new() -> None:
    engine = Engine(ByteRunner(), PLAIN, kept_bytes=10_000)
    engine.answer(choice(1, day=1))
    before = engine.stats.rows
    engine.answer(choice(1, day=2))
    new = len("Then a day went by. It is day 2, NPC1 decides to")

    assert engine.stats.rows - before == new + ROWS


def test_least_recently_needed_is_dropped_and_rebuilt() -> None:
    engine = Engine(ByteRunner(), PLAIN, kept_bytes=3 * 70)
    for npc in (1, 2, 3, 1):
        assert bare([engine.answer(choice(npc))]) == bare([alone(choice(npc))])

    assert engine.stats.dropped > 0


def test_asking_all_in_turn_drops_few() -> None:
    """The kept go first: only as many are rebuilt as don't fit, not all of them."""
    engine = Engine(ByteRunner(), PLAIN, kept_bytes=41 + 8 * 67)
    run(engine, [choice(npc) for npc in range(9)])
    kept = engine.stats.kept
    for _ in range(3):
        run(engine, [choice(npc) for npc in range(9)])

    assert engine.stats.kept - kept <= 6


def test_cancelled_questions_free_their_sequence_and_get_no_answer() -> None:
    runner = ByteRunner(places=2, script=b"x" * 300)
    engine = Engine(runner, PLAIN, kept_bytes=10_000)
    for number in range(6):
        engine.submit(number, Write("", "Count!", 300, ()))
    for _ in range(9):
        engine.step()
    for number in range(5):
        engine.cancel(number)
    engine.cancel(77)

    assert set(finish(engine)) == {5}
    assert all(held == [] for held in runner.held.values())


def test_a_cancelled_choice_leaves_its_neutral_scores_to_the_others() -> None:
    engine = Engine(ByteRunner(places=1), PLAIN)
    engine.submit(1, choice(1))
    engine.submit(2, choice(2))
    engine.cancel(1)

    (answer,) = finish(engine).values()
    assert bare([answer]) == bare([alone(choice(2))])


def test_who_faces_the_player_goes_first_then_the_oldest_landing_tick() -> None:
    engine = Engine(ByteRunner(places=1), PLAIN)
    order: list[int] = []
    engine.submit(1, choice(1), lands=30)
    engine.submit(2, choice(2), lands=20)
    engine.submit(3, choice(3), lands=90, priority=1)
    engine.submit(4, choice(4), lands=20)
    while engine.busy:
        order += [number for number, _ in engine.step()]

    assert order == [3, 2, 4, 1]


def test_a_choice_does_not_wait_for_long_writing() -> None:
    engine = Engine(ByteRunner(places=4, script=b"x" * 300), PLAIN)
    for number in range(8):
        engine.submit(number, Write("", "Tell!", 300, ()))
    for _ in range(20):
        engine.step()
    engine.submit(99, choice(1))
    first = next(done for done in iter(engine.step, None) if done)

    assert first[0][0] == 99


class Failing(ByteRunner):
    """Refuses every pass while it is `down`."""

    down = True

    def decode(self, slices: Sequence[Slice]) -> list[Logits]:
        if self.down:
            raise Unavailable("no room")
        return super().decode(slices)


def test_a_pass_that_fails_fails_its_questions_and_no_others() -> None:
    runner = Failing(places=2)
    engine = Engine(runner, PLAIN, kept_bytes=1000)
    answers = run(engine, [choice(1), choice(2), Write("", "Hello!", 4, ())])

    assert all(isinstance(answer, Unavailable) for answer in answers)
    runner.down = False
    assert bare(run(engine, [choice(1)])) == bare([alone(choice(1))])


class Stuck:
    """A grammar that no token goes on with."""

    closed = 0

    def best(self, logits: Logits) -> int:
        raise BadReply("no token goes on")

    def accept(self, token: int) -> None:
        raise AssertionError(token)

    def close(self) -> None:
        type(self).closed += 1


def test_a_grammar_without_a_way_on_fails_its_question_only() -> None:
    runner = ByteRunner()
    runner.grammar = lambda text: Stuck()  # type: ignore[method-assign]
    engine = Engine(runner, PLAIN)
    schema = '{"type": "null"}'
    stuck, other = run(engine, [Write("", "Hi!", 9, schema=schema), choice(1)])

    assert isinstance(stuck, BadReply)
    assert bare([other]) == bare([alone(choice(1))])
    assert Stuck.closed == 1


class Forgetful(ByteRunner):
    """Can't take back what it kept."""

    def bring(self, handle: object, seq: int) -> None:
        raise Unavailable("the kept sequence is lost")


def test_a_kept_sequence_that_is_lost_fails_its_question_only() -> None:
    engine = Engine(Forgetful(), PLAIN, kept_bytes=1000)
    first, other = run(engine, [choice(1), choice(1, shared="")])

    assert isinstance(first, Unavailable)
    assert bare([other]) == bare([alone(choice(1, shared=""))])


def test_a_long_persona_is_refused_with_its_count() -> None:
    (answer,) = run(
        Engine(ByteRunner(), PLAIN),
        [Choose("He decides to", "Someone", ("eat",), prefix=Prefix(RULES, "x" * 50_000, "n"))],
    )

    assert isinstance(answer, TooLong)
    assert "50054 tokens to read" in str(answer)


def test_two_hundred_options_are_scored() -> None:
    options = tuple(f"option {at}" for at in range(200))
    (answer,) = run(Engine(ByteRunner(), PLAIN), [Choose("He takes", "Someone takes", options)])

    assert isinstance(answer, Chosen)
    assert answer.probabilities is not None
    assert sum(answer.probabilities) == pytest.approx(1)


def test_writing_with_a_prefix_reads_as_one_system_turn() -> None:
    runner = ByteRunner(places=1)
    engine = Engine(runner, CHATML, kept_bytes=1000)
    question = Write("Be brief.", "Hi!", 3, (), prefix=Prefix(RULES, "You are Mara. ", "mara"))
    plain = Write(f"{RULES}You are Mara. Be brief.", "Hi!", 3, ())

    assert bare([engine.answer(question)]) == bare([engine.answer(plain)])
    assert engine.stats.kept == 2
    assert bare([engine.answer(question)]) == bare([engine.answer(plain)])


def test_words_are_heard_as_they_come_and_never_a_part_of_a_stop() -> None:
    heard: list[str] = []
    engine = Engine(ByteRunner(script=b"Good day Tom: hello"), PLAIN)
    engine.submit(1, Write("", "Speak!", 20, ("Tom:",)), hear=heard.append)
    answer = finish(engine)[1]

    assert isinstance(answer, Written)
    assert answer.text == "Good day"
    assert heard[:3] == ["G", "Go", "Goo"]
    assert heard[-1] == "Good day"
    assert not any("T" in text for text in heard)


def test_a_run_of_everything_ends_with_nothing_held() -> None:
    dice = random.Random(7)
    runner = ByteRunner(places=3)
    engine = Engine(runner, PLAIN, kept_bytes=400)
    for number in range(300):
        engine.submit(number, choice(dice.randrange(9), dice.randrange(3)), lands=dice.randrange(9))
        if dice.random() < 0.3:
            engine.cancel(dice.randrange(number + 1))
        if dice.random() < 0.5:
            engine.step()
    finish(engine)

    assert not engine.busy
    assert all(held == [] for held in runner.held.values())
