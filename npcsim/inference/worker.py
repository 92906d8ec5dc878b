"""The model's own process: reads questions from its stdin, writes answers to its stdout.

It never outlives its parent by more than a second: one thread does nothing but read stdin, and
ends the process at end of file even while llama.cpp is computing; another looks whether the
parent is still the parent, for the case that some other process holds the pipe open.
"""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
import time
from dataclasses import asdict
from typing import Any, BinaryIO, NoReturn

from npcsim.errors import ModelError
from npcsim.inference.chat import family_of
from npcsim.inference.engine import Engine
from npcsim.inference.readout import readout_from
from npcsim.inference.runner import Runner, recast
from npcsim.inference.wire import receive, send
from npcsim.messages import Answer, answer_json, question_from_json

_LOOK_AT_PARENT = 0.25  # seconds
_SIGN_OF_LIFE = 2.0  # seconds of computing, after which the parent is told that it goes on


def _claim_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Take stdin and stdout for messages alone; what anything prints goes to stderr."""
    questions = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.close(nothing)
    return questions, answers


def _die_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_AT_PARENT)
    os._exit(0)


def _take_in(questions: BinaryIO, inbox: queue.SimpleQueue[dict[str, Any]]) -> None:
    try:
        while (message := receive(questions)) is not None:
            inbox.put(message)
    finally:
        os._exit(0)


def _load(config: dict[str, Any]) -> tuple[Runner, bool]:
    """The runner, and whether it runs on the converted weights."""
    options = {
        "threads": config["threads"],
        "context": config["context"],
        "gpu_layers": config["gpu_layers"],
        "memory": config["memory"],
    }
    target = config["recast_to"]
    if not target:
        return Runner(config["path"], **options), False
    if not os.path.exists(target):
        unfinished = f"{target}.{os.getpid()}"
        try:
            os.makedirs(os.path.dirname(target), exist_ok=True)
            recast(config["path"], unfinished, config["threads"])
            os.replace(unfinished, target)
        except (OSError, ModelError) as error:
            # No room or no right to write: the weights as shipped answer too, only slower.
            print(f"no converted weights: {error}", file=sys.stderr)
            if os.path.exists(unfinished):
                os.remove(unfinished)
            return Runner(config["path"], **options), False
    return Runner(target, **options), True


def _take(engine: Engine, message: dict[str, Any], answers: BinaryIO) -> None:
    """Give one message to the engine."""
    if "drop" in message:
        engine.cancel(message["drop"])
        return
    if "stats" in message:
        send(answers, {"id": message["stats"], "stats": asdict(engine.stats)})
        return
    if "count" in message:
        send(answers, {"id": message["count"], "stats": _counted(engine, message["question"])})
        return
    number = message["id"]

    def hear(text: str) -> None:
        send(answers, {"id": number, "so_far": text})

    engine.submit(
        number,
        question_from_json(message["question"]),
        priority=message["priority"],
        lands=message["lands"],
        hear=hear if message["streamed"] else None,
        whose=message.get("whose", ""),
    )


def _counted(engine: Engine, question: dict[str, Any]) -> dict[str, int]:
    """A question's tokens; none where it is no question."""
    try:
        return {"tokens": engine.count(question_from_json(question))}
    except ModelError:
        return {}


def _reply(number: int, answer: Answer | ModelError) -> dict[str, Any]:
    if isinstance(answer, ModelError):
        return {"id": number, "error": answer.kind, "text": str(answer)}
    return {"id": number, "answer": answer_json(answer)}


def _answer(
    engine: Engine, inbox: queue.SimpleQueue[dict[str, Any]], answers: BinaryIO
) -> NoReturn:
    """Take in what has come, compute a pass, send what is finished; for ever."""
    heard = time.monotonic()
    while True:
        while not engine.busy or not inbox.empty():
            _take(engine, inbox.get(), answers)
        finished = engine.step()
        for number, answer in finished:
            send(answers, _reply(number, answer))
        if finished:
            heard = time.monotonic()
        elif time.monotonic() - heard > _SIGN_OF_LIFE:
            heard = time.monotonic()
            send(answers, {"busy": True})


def serve(questions: BinaryIO, answers: BinaryIO) -> None:
    """Load the model that the first message names, then answer until stdin ends."""
    config = receive(questions)
    if config is None:
        return
    inbox: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    threading.Thread(target=_take_in, args=(questions, inbox), daemon=True).start()
    if os.name == "posix":
        threading.Thread(target=_die_with, args=(config["parent"],), daemon=True).start()
    try:
        runner, converted = _load(config)
    except ModelError as error:
        send(answers, {"failed": str(error)})
        return
    send(answers, {"ready": {**runner.facts(), "converted": converted}})
    family = family_of(runner.describe("tokenizer.chat_template"))
    kept = max(0, config["memory"] - runner.place_bytes)
    readout = readout_from(config["readout"])
    _answer(Engine(runner, family, config["temperature"], kept, readout), inbox, answers)


def main() -> None:
    """Entry point of the process."""
    # Ctrl-C reaches the whole group; the parent decides when its worker goes.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    questions, answers = _claim_pipes()
    try:
        serve(questions, answers)
    except BrokenPipeError:
        print("the parent is gone", file=sys.stderr)
    # Not by way of the interpreter's own end: a thread of ours still reads stdin.
    os._exit(0)


if __name__ == "__main__":
    main()
