"""A real server on this machine: llama.cpp's own, with the bundled model, inside this process.

It speaks Anthropic's Messages API and OpenAI's chat API, so the real SDKs have something real to
talk to without a key or a network. A test that asks for the fixture `loopback` also marks itself
with `@pytest.mark.loopback`.
"""

from __future__ import annotations

import gc
import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from npcsim.models.local.bundled import bundled_model_path

KEY = "loopback-key"
MODEL = "smollm2-135m"
"""The name it goes by: one that no price list and no list of features knows."""
ENDS = [". ", "! ", "? ", ".\n"]
"""Where an answer ends if nothing else is asked for: so small a model may talk on for long."""
TEMPLATE = Path(__file__).parent / "data" / "templates" / "tools.jinja"
"""A chat template by which even this small model's tool calls are held to a grammar."""


@dataclass(frozen=True, slots=True)
class Loopback:
    """Where the server listens, what its model is called, and the key that it wants.

    `anthropic` is the base URL for the anthropic SDK (it adds `/v1/messages`), `openai` that for
    the openai SDK (`/v1`). `slots` questions are answered at once, `context` tokens each.
    """

    url: str
    slots: int
    context: int
    model: str = MODEL
    key: str = KEY

    @property
    def anthropic(self) -> str:
        return self.url

    @property
    def openai(self) -> str:
        return f"{self.url}/v1"


def why_not() -> str:
    """Why there can be no such server here; empty where there can."""
    if importlib.util.find_spec("xllamacpp") is None:
        return 'xllamacpp is not installed: pip install "npcsim[test]"'
    return "" if bundled_model_path() is not None else "the bundled model is not installed"


@contextmanager
def serving(*, slots: int = 2, context: int = 4096, template: bool = True) -> Iterator[Loopback]:
    """A server of one's own; most tests want the one they share, the fixture `loopback`.

    template: False leaves the model's own chat template, without forced tool calls.
    """
    import xllamacpp

    path = bundled_model_path()
    assert path is not None, why_not()
    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.model_alias = {MODEL}
    params.hostnames, params.port = ["127.0.0.1"], 0  # 0: whichever is free
    params.api_keys = type(params.api_keys)([KEY])
    params.n_parallel, params.n_ctx = slots, slots * context
    params.n_gpu_layers, params.fit_params = 0, False
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.endpoint_slots = params.endpoint_props = True
    params.warmup = False
    params.antiprompt = ENDS
    params.sampling.temp = 0.0
    params.verbosity = 0
    if template:
        params.chat_template = TEMPLATE.read_text(encoding="utf-8")
    server = xllamacpp.Server(params)
    try:
        yield Loopback(str(server.listening_address).rstrip("/"), slots, context)
    finally:
        del server
        gc.collect()  # its threads end with it


@pytest.fixture(scope="session")
def loopback() -> Iterator[Loopback]:
    """The server that all tests of a process share, started by the first one that asks for it."""
    if why := why_not():
        pytest.skip(why)
    with serving() as server:
        yield server
