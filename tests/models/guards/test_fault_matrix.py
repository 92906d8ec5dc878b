"""Whatever a provider does is one typed error, in time: the real SDKs, guarded as in a run."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from npcsim.assembly.thinking.guarding import guarded
from npcsim.errors import ModelError
from npcsim.messages import HEARING, Choose, Write
from npcsim.models.remote.anthropic import Anthropic
from npcsim.models.remote.openai import OpenAI
from tests.e2e.shell import ROOT
from tests.models.guards.faults import (
    ANTHROPIC,
    BELOW,
    OPENAI,
    STATUSES,
    answers,
    app_for,
    serving,
)

sdks = {name: pytest.importorskip(name) for name in (ANTHROPIC, OPENAI)}
httpx2 = pytest.importorskip("httpx2")

KEY = "sk-ant-not-a-real-key-0123456789"
DEADLINE, LATE = 0.6, 0.2
CHOOSE = Choose("It is noon. Odo decides to", "Someone decides to", ("accept", "haggle", "leave"))
WRITE = Write("You are Odo.", "Good day!", 28, ("\n",))
ASKED = {"choose": (CHOOSE, False), "write": (WRITE, False), "streamed": (WRITE, True)}
"""Questions, and whether somebody hears the answer while it comes."""
OVER_HTTP = {
    **STATUSES, "429, retry-after 0": "RateLimited", "429, retry-after 3600": "RateLimited",
    **dict.fromkeys(answers(ANTHROPIC), "BadReply"),
}  # fmt: skip
WORDS = ("extra text", "max_tokens")
"""What is well for words: a text is a text, cut at its end if need be."""


def model_of(sdk: str, url: str, app: Any = None) -> Any:
    client = None
    if app is not None:
        client = sdks[sdk].DefaultAsyncHttpxClient(transport=httpx2.ASGITransport(app))
    if sdk == ANTHROPIC:
        return Anthropic("m", key=KEY, url=url, deadline=DEADLINE, http_client=client)
    return OpenAI("m", key=KEY, url=f"{url}/v1", deadline=DEADLINE, http_client=client)


@asynccontextmanager
async def heartbeat() -> AsyncIterator[Callable[[], float]]:
    """-> how long the loop has stood still: on a busy machine that is not the guards' doing."""
    stood, last = 0.0, time.monotonic()

    def still() -> float:
        return max(0.0, time.monotonic() - last - 0.02)

    async def beat() -> None:
        nonlocal stood, last
        while True:
            await asyncio.sleep(0.01)
            stood, last = stood + still(), time.monotonic()

    task = asyncio.ensure_future(beat())
    try:
        yield lambda: stood + still()
    finally:
        task.cancel()


def test_the_manual_tells_each_fault_as_it_is() -> None:
    page = (ROOT / "docs" / "howto" / "use_a_cloud_model.md").read_text(encoding="utf-8")
    rows = page.split("| What the provider does |")[1].split("\n\n")[0].splitlines()[2:]
    told = {
        fault.strip(): row.split("|")[2].strip(" `")
        for row in rows
        for fault in row.split("|")[1].split(";")
    }
    below = {fault: kind for fault, (_, kind) in BELOW.items()}
    assert told == {**OVER_HTTP, **below, "refused": "Unavailable", "DNS": "Unavailable"}


async def end_of(
    model: Any, question: Any, streamed: bool = False, tries: int = 1, **settings: Any
) -> tuple[Any, float]:
    """-> (the error or the answer, seconds beyond the deadline). To be run as a task.

    tries: how often to ask where the loop stood still for so long that the deadline passed for
    that alone.
    """
    HEARING.set((lambda text: None) if streamed else None)
    await model.start()
    for _ in range(tries):
        around = guarded(model, deadline=DEADLINE, **settings)
        async with heartbeat() as stood:
            begun = time.monotonic()
            try:
                said = await around.ask(question)
            except ModelError as error:
                said = error
            still = stood()
            took = time.monotonic() - begun - still
        if still < DEADLINE / 3:
            break
    await around.close()
    return said, took - DEADLINE


def check(said: Any, over: float, kind: str) -> None:
    assert isinstance(said, ModelError), said
    assert (said.kind, over <= LATE) == (kind, True), (said, over)
    assert KEY not in str(said)


@pytest.mark.parametrize("sdk", [ANTHROPIC, OPENAI])
@pytest.mark.parametrize("fault", OVER_HTTP)
async def test_faults_over_http(sdk: str, fault: str) -> None:
    for name, (question, streamed) in ASKED.items():
        app = app_for(fault, sdk)
        model = model_of(sdk, "http://provider", app)
        said, over = await asyncio.create_task(end_of(model, question, streamed))
        assert all(("stream" in body) == streamed for _, body in app.asked)
        if name != "choose" and fault in WORDS and not isinstance(said, ModelError):
            continue
        check(said, over, OVER_HTTP[fault])
        lasting = fault in ("401", "402", "403", "404")
        assert said.lasting == lasting
        passing = OVER_HTTP[fault] != "BadReply" and not lasting and "3600" not in fault
        assert len(app.asked) in ((1, 2) if passing else (1,))
        if "3600" in fault:
            assert said.retry_after == 3600


@pytest.mark.loopback
@pytest.mark.parametrize("sdk", [ANTHROPIC, OPENAI])
@pytest.mark.parametrize("fault", BELOW)
async def test_faults_below_http(sdk: str, fault: str) -> None:
    serve, kind = BELOW[fault]
    scheme = "https" if fault == "TLS" else "http"
    async with serving(serve) as (port, connections):
        ends = await asyncio.gather(
            *(
                end_of(model_of(sdk, f"{scheme}://127.0.0.1:{port}"), question, streamed, tries=5)
                for question, streamed in ASKED.values()
            )
        )
        for said, over in ends:
            check(said, over, kind)
            # What was sent may have been charged; what never was, was not.
            assert said.billed == (fault != "TLS")
        assert len(connections) >= len(ASKED)


@pytest.mark.loopback
@pytest.mark.parametrize("sdk", [ANTHROPIC, OPENAI])
async def test_nobody_there(sdk: str, monkeypatch: Any) -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]  # bound and not listening: refused
        said, over = await end_of(model_of(sdk, f"http://127.0.0.1:{port}"), CHOOSE, tries=5)
    check(said, over, "Unavailable")
    assert not said.billed

    def lookup(host: Any, *rest: Any, **named: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    said, over = await end_of(model_of(sdk, "http://nowhere.invalid"), CHOOSE)
    check(said, over, "Unavailable")
    assert "can't be reached" in str(said)
    assert not said.billed
