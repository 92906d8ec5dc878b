"""xllamacpp's side of `npcsim bench decisions`: llama.cpp's own server, a slot for each NPC.

It runs in a process of its own and is asked there, without HTTP. Every question goes to its NPC's
slot, where the prompt cache holds rules and own part; all are asked at once. The answer is one
token, held to the letters by a bias, which costs the server less than a grammar or a list of
probabilities would.
"""

from __future__ import annotations

import importlib.util
import multiprocessing
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from npcsim.bench.decisions_llama import letter_of
from npcsim.bench.decisions_texts import Case
from npcsim.errors import Unavailable

MOST_SLOTS = 256
BIAS = 100.0
PATIENCE = 900.0  # seconds for a round, or for loading


def missing() -> str:
    """Why there is no such side here; '' if there can be one."""
    if importlib.util.find_spec("xllamacpp") is None:
        return 'xllamacpp is not installed: pip install "npcsim[bench]"'
    return ""


class Server:
    """The server in its process. Raises `Unavailable` if it does not start.

    `cpu`: seconds of processor time that the last round took there.
    """

    def __init__(
        self, path: Path, threads: int, slots: int, *, longest: int, letters: Sequence[int]
    ) -> None:
        start = multiprocessing.get_context("spawn")
        self._pipe, other = start.Pipe()
        config = {
            "path": str(path), "threads": threads, "slots": slots, "longest": longest,
            "letters": list(letters),
        }  # fmt: skip
        self._process = start.Process(target=_serve, args=(other, config), daemon=True)
        self._process.start()
        other.close()
        self.cpu = 0.0
        self._hear()

    def lettered(self, cases: Sequence[Case]) -> list[int]:
        """The option chosen in each case, by its index; case k goes to slot k."""
        self._pipe.send([list(case.listed) for case in cases])
        texts, self.cpu = self._hear()
        return [letter_of(text) for text in texts]

    def close(self) -> None:
        """End the process."""
        self._pipe.close()
        self._process.kill()
        self._process.join()

    def _hear(self) -> Any:
        try:
            if not self._pipe.poll(PATIENCE):
                raise Unavailable(f"xllamacpp's server gave no answer in {PATIENCE:g} s")
            heard = self._pipe.recv()
        except (EOFError, OSError) as error:
            raise Unavailable("xllamacpp's server ended") from error
        if isinstance(heard, str):
            raise Unavailable(f"xllamacpp's server: {heard}")
        return heard


def _serve(pipe: Connection, config: dict[str, Any]) -> None:
    """Entry point of the process: prompts in, texts out, until nobody listens."""
    try:
        ask = partial(_ask, _started(config), config["letters"])
    except (RuntimeError, ValueError, OSError) as error:
        pipe.send(str(error) or type(error).__name__)
        return
    pipe.send([])
    with ThreadPoolExecutor(config["slots"]) as threads:
        while True:
            try:
                prompts = pipe.recv()
            except (EOFError, OSError):
                return
            try:
                begin = time.process_time()
                texts = list(threads.map(ask, range(len(prompts)), prompts))
                pipe.send((texts, time.process_time() - begin))
            except (RuntimeError, ValueError, KeyError) as error:
                pipe.send(f"{type(error).__name__}: {error}")


def _started(config: dict[str, Any]) -> Any:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = config["path"]
    params.hostnames, params.port = ["127.0.0.1"], 0
    params.n_parallel = config["slots"]
    params.n_ctx = config["slots"] * config["longest"]
    params.n_gpu_layers = 0
    params.fit_params = False
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = config["threads"]
    params.verbosity = 0
    params.cache_prompt = True
    params.cache_ram_mib = 0  # every NPC has its slot: nothing needs to be put aside
    return xllamacpp.Server(params)


def _ask(server: Any, letters: Sequence[int], slot: int, prompt: Sequence[int]) -> str:
    said = server.handle_completions(
        {
            "prompt": prompt,
            "n_predict": 1,
            "id_slot": slot,
            "cache_prompt": True,
            "temperature": 0.0,
            "samplers": ["temperature"],
            "logit_bias": [[token, BIAS] for token in letters],
        }
    )
    if "choices" in said:
        return str(said["choices"][0]["text"])
    return str(said["content"])
