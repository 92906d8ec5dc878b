"""The local tier on the real bundled model, in a real worker process."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from npcsim.errors import BadReply, MissingExtra, TimedOut, TooLong, Unavailable
from npcsim.messages import (
    HEARING,
    Answer,
    Choose,
    Chosen,
    Model,
    Prefix,
    Question,
    Queueing,
    Write,
    Written,
)
from npcsim.models.local.bundled import bundled_model_path
from npcsim.models.local.llamacpp import LlamaCpp, pause_after
from tests.inference.answers import bare

BUNDLED = bundled_model_path()
pytestmark = pytest.mark.skipif(
    BUNDLED is None or importlib.util.find_spec("llama_cpp") is None,
    reason='the local tier is not installed: pip install "npcsim[local]"',
)
ON_POSIX = pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")
EATING = Choose(
    "It is morning. Mara is hungry. Mara has bread. Tom is near.\nSo Mara decides to",
    "Someone decides to",
    ("eat the bread", "talk with Tom", "wait", "sleep", "go to the chapel"),
)
QUESTIONS: tuple[Question, ...] = (
    EATING,
    Choose("Night.\nTom", "Someone", ("sleeps", "runs")),
    Choose("It rains. " * 20 + "\nEdda wants to", "Someone wants to", ("go home", "wait")),
    Write("You are Mara. You speak one short sentence.", "Say good morning to Tom.", 12),
)


def model(path: Path, **options: float) -> LlamaCpp:
    return LlamaCpp(path, context=1024, **options)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def bundled() -> Path:
    assert BUNDLED is not None
    return BUNDLED


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def llama(bundled: Path) -> AsyncIterator[LlamaCpp]:
    one = model(bundled)
    yield one
    await one.close()


def alive(pid: int) -> bool:
    """Whether the process still runs; one that nobody has waited for yet does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    try:
        return status.read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return not Path("/proc/self/stat").exists()


async def gone(pid: int, within: float = 1.0) -> bool:
    end = time.monotonic() + within
    while alive(pid) and time.monotonic() < end:
        await asyncio.sleep(0.02)
    return not alive(pid)


async def test_it_is_a_model_that_chooses_the_sensible_option(llama: LlamaCpp) -> None:
    known: Model = llama
    answer = await known.ask(EATING)

    assert isinstance(answer, Chosen)
    assert EATING.options[answer.pick] == "eat the bread"
    assert sum(answer.probabilities or ()) == pytest.approx(1)
    assert answer.usage.input > 20
    assert known.name == "SmolLM2-135M-Instruct.Q4_1"


async def test_same_bits_alone_in_company_in_any_order_and_afresh(
    llama: LlamaCpp, bundled: Path
) -> None:
    alone: list[Answer] = [await llama.ask(question) for question in QUESTIONS]
    other = model(bundled, threads=1)
    turned = (*QUESTIONS[::-1], EATING)
    together = await asyncio.gather(*(other.ask(question) for question in turned))

    assert other.fingerprint == llama.fingerprint
    assert bare(together[:-1]) == bare(alone[::-1])
    assert bare(together[-1:]) == bare(alone[:1])
    await other.close()


async def test_writing_is_short_and_stops(llama: LlamaCpp) -> None:
    long = await llama.ask(Write("You tell stories.", "Tell of a wolf.", 24, stop=()))
    assert isinstance(long, Written)
    assert long.usage.output == 24
    word = long.text.split()[3]
    short = await llama.ask(Write("You tell stories.", "Tell of a wolf.", 24, stop=(word,)))

    assert isinstance(short, Written)
    assert short.text == long.text.split(word)[0].strip()


async def test_what_does_not_fit_or_makes_no_sense_leaves_the_worker_alive(
    llama: LlamaCpp,
) -> None:
    await llama.start()
    pid = llama.worker_pid
    with pytest.raises(TooLong, match=r"\d+ tokens to read .* context has 1024"):
        await llama.ask(Choose("word " * 2000, "They", ("eat", "sleep")))
    with pytest.raises(BadReply):
        await llama.ask(Choose("Mara wants to", "They", ()))
    await llama.ask(Write("", "\ud800 \0 <|im_end|>", 2))

    assert llama.worker_pid == pid


@ON_POSIX
async def test_killed_in_mid_question_then_back(llama: LlamaCpp) -> None:
    before = await llama.ask(EATING)
    asked = [
        asyncio.create_task(llama.ask(Write("", f"Count to {n}.", 500, stop=()))) for n in (1, 2)
    ]
    await asyncio.sleep(0.1)
    pid = llama.worker_pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    failed = await asyncio.gather(*asked, return_exceptions=True)

    assert [type(error) for error in failed] == [Unavailable, Unavailable]
    assert "killed by signal 9" in str(failed[0])
    assert bare([await llama.ask(EATING)]) == bare([before])
    assert llama.worker_pid not in (None, pid)


@ON_POSIX
async def test_a_worker_that_hangs_is_timed_out_and_replaced(bundled: Path) -> None:
    one = model(bundled, patience=0.5)
    await one.start()
    pid = one.worker_pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    failed = await asyncio.gather(one.ask(EATING), one.ask(EATING), return_exceptions=True)

    assert [type(error) for error in failed] == [TimedOut, TimedOut]
    assert await gone(pid)
    await one.start()
    last = one.worker_pid
    await one.close()
    await one.close()
    assert last is not None
    assert await gone(last)
    with pytest.raises(Unavailable):
        await one.ask(EATING)


async def test_one_that_no_longer_waits_takes_nobodys_turn(llama: LlamaCpp) -> None:
    await llama.start()
    begin = time.monotonic()
    first = asyncio.create_task(llama.ask(Write("", "Count.", 60, stop=())))
    await asyncio.sleep(0.05)
    lost = [
        asyncio.create_task(llama.ask(Write("", f"Count to {n}.", 900, stop=()))) for n in range(9)
    ]
    await asyncio.sleep(0.05)
    for task in lost:
        task.cancel()
    await asyncio.gather(*lost, return_exceptions=True)

    assert isinstance(await llama.ask(EATING), Chosen)
    assert isinstance(await first, Written)
    # 8100 tokens would take a minute or more.
    assert time.monotonic() - begin < 30


async def test_who_asks_no_more_frees_what_it_had(llama: LlamaCpp) -> None:
    endless = asyncio.create_task(llama.ask(Write("", "Count for ever.", 900, stop=())))
    await asyncio.sleep(0.3)
    endless.cancel()
    await asyncio.gather(endless, return_exceptions=True)
    begin = time.monotonic()
    await asyncio.gather(*(llama.ask(EATING) for _ in range(3)))

    # The 900 tokens would keep it busy for half a minute, beside the others.
    assert time.monotonic() - begin < 20


async def test_an_answer_that_is_wanted_within_a_time_comes_or_is_given_up(
    llama: LlamaCpp,
) -> None:
    with pytest.raises(TimedOut, match=r"within 0\.3 s"):
        await llama.ask(Write("", "Count for ever.", 900, stop=()), within=0.3)

    assert isinstance(await llama.ask(EATING, within=30), Chosen)


async def test_long_writing_is_no_hanging(bundled: Path) -> None:
    one = model(bundled, patience=3)
    await one.start()
    begin = time.monotonic()
    answer = await one.ask(Write("You tell stories.", "Tell of a wolf.", 350, stop=()))
    await one.close()

    assert isinstance(answer, Written)
    assert time.monotonic() - begin > 3


async def test_the_urgent_is_answered_first(llama: LlamaCpp) -> None:
    order: list[int] = []

    async def ask(number: int, priority: int) -> None:
        text = f"It rains. Number {number} wants to"
        question = Choose(text, "Someone wants to", EATING.options)
        await llama.ask(question, priority=priority, lands=number)
        order.append(number)

    await asyncio.gather(*(ask(number, int(number == 29)) for number in range(30)))

    assert order.index(29) < 20
    assert sorted(order) == list(range(30))


async def test_it_has_a_queue_and_tells_what_it_did(llama: LlamaCpp) -> None:
    assert isinstance(llama, Queueing)
    before = await llama.stats()
    answer = await llama.ask_in_turn(EATING, priority=2, lands=7)
    after = await llama.stats()

    assert bare([answer]) == bare([await llama.ask(EATING)])
    assert after["rows"] > before["rows"]


async def test_words_are_heard_as_they_come(llama: LlamaCpp) -> None:
    heard: list[str] = []
    answer = await llama.ask(Write("You tell stories.", "Tell!", 8, ()), hear=heard.append)

    assert isinstance(answer, Written)
    assert len(heard) > 2
    assert all(answer.text.startswith(text) for text in heard)


async def test_who_hears_the_question_under_way_hears_it_without_being_named(
    llama: LlamaCpp,
) -> None:
    heard: list[str] = []
    question = Write("You tell stories.", "Tell!", 8, ())
    token = HEARING.set(heard.append)
    try:
        answer = await llama.ask_in_turn(question, priority=0, lands=1)
        await llama.ask(EATING)
    finally:
        HEARING.reset(token)

    assert isinstance(answer, Written)
    assert len(heard) > 2
    assert all(answer.text.startswith(text) for text in heard)
    assert bare([answer]) == bare([await llama.ask(question)])


async def test_a_prefix_and_a_schema_reach_the_worker(llama: LlamaCpp) -> None:
    prefix = Prefix("Rules of the village: nobody steals, and all work.\n" * 3, "I am Tom. ", "tom")
    question = replace(EATING, prefix=prefix)
    first = await llama.ask(question)
    schema = '{"type": "object", "properties": {"fine": {"type": "boolean"}}, "required": ["fine"]}'
    typed = await llama.ask(Write("Answer in JSON.", "Is it fine?", 30, schema=schema))

    again = await llama.ask(question)
    assert bare([again]) == bare([first])
    assert first.usage.computed > first.usage.input  # its rules and past, and a neutral text
    assert again.usage.cached > again.usage.computed > 0
    assert first != await llama.ask(EATING)
    assert isinstance(typed, Written)
    assert typed.value["fine"] in (True, False)
    with pytest.raises(BadReply, match="not JSON"):
        await llama.ask(Write("Answer in JSON.", "Is it fine?", 2, schema=schema))


PARENT = """
import asyncio, sys
from npcsim.messages import Write
from npcsim.models.local.llamacpp import LlamaCpp
async def main():
    model = LlamaCpp(sys.argv[1], context=2048)
    await model.start()
    asked = asyncio.create_task(model.ask(Write("", "Count.", 1900, stop=())))
    await asyncio.sleep(0.1)
    print(model.worker_pid, flush=True)
    await asked
asyncio.run(main())
"""


@ON_POSIX
async def test_the_worker_dies_with_its_parent_in_mid_answer(bundled: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(bundled)], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert alive(pid)
        parent.send_signal(signal.SIGKILL)

        assert await gone(pid, within=1.0)


def broken(bundled: Path, how: str) -> bytes:
    whole = bundled.read_bytes()
    if how == "cut short":
        return whole[: len(whole) // 2]
    dice = random.Random(how)
    if how == "random behind its header":
        return whole[:24] + dice.randbytes(100_000)
    damaged = bytearray(whole[:3_000_000])
    for _ in range(400):
        damaged[dice.randrange(24, 200_000)] = dice.randrange(256)
    return bytes(damaged)


@pytest.mark.parametrize("how", ["cut short", "random behind its header", "bytes changed"])
async def test_a_broken_file_is_named(bundled: Path, tmp_path: Path, how: str) -> None:
    path = tmp_path / "broken.gguf"
    path.write_bytes(broken(bundled, how))
    one = model(path, start_patience=20)

    with pytest.raises(Unavailable, match=r"broken\.gguf"):
        await one.start()
    assert one.worker_pid is None
    await one.close()


async def test_a_missing_file_is_tried_again_after_a_pause(tmp_path: Path) -> None:
    one = model(tmp_path / "none.gguf")
    said = []
    for _ in range(3):
        with pytest.raises(Unavailable) as caught:
            await one.ask(EATING)
        said.append(str(caught.value))
    await one.close()

    assert all("none.gguf" in text for text in said)
    assert ["next try in" in text for text in said] == [False, False, True]


def test_pauses_double_up_to_half_a_minute() -> None:
    assert [pause_after(n) for n in range(9)] == [0, 0, 1, 2, 4, 8, 16, 30, 30]
    assert pause_after(10_000) == 30


async def test_recast_weights_are_made_once_and_named(bundled: Path, tmp_path: Path) -> None:
    one = LlamaCpp(bundled, recast=True, cache=tmp_path / "cache")
    await one.start()
    await one.close()
    (made,) = (tmp_path / "cache").iterdir()
    stamp = made.stat().st_mtime_ns
    two = LlamaCpp(bundled, recast=True, cache=tmp_path / "cache")
    answer = await two.ask(EATING)
    await two.close()

    assert "/q8_0/" in one.fingerprint
    assert two.fingerprint == one.fingerprint
    assert made.stat().st_mtime_ns == stamp
    assert isinstance(answer, Chosen)
    assert EATING.options[answer.pick] == "eat the bread"


async def test_no_place_for_recast_weights_is_no_failure(bundled: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    one = LlamaCpp(bundled, recast=True, cache=tmp_path / "file")
    await one.start()
    await one.close()

    assert "/as-is/" in one.fingerprint


def test_without_llama_cpp_the_message_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)

    with pytest.raises(MissingExtra, match=r"\[local\][\s\S]*build-essential[\s\S]*macOS"):
        LlamaCpp("model.gguf")
    assert bundled_model_path() is None
