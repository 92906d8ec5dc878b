"""What providers tell of their limits, in each one's own way."""

from __future__ import annotations

from typing import Any

import pytest

from npcsim.assembly.thinking.guarding import guarded
from npcsim.errors import ModelError
from npcsim.models.guards.rates import Told, retry_after, told_rates
from npcsim.models.remote.anthropic import Anthropic
from npcsim.models.remote.openai import OpenAI
from tests.models.guards.test_fault_matrix import CHOOSE, WRITE
from tests.models.remote.provider import Provider, completion, message

DATE = {"date": "Sat, 21 Nov 2026 15:00:00 GMT"}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("20", 20.0), ("0", 0.0), ("1.5", 1.5), ("3600", 3600.0), ("", None), ("soon", None),
        ("-3", None), ("nan", None), ("9" * 40, None), ("Sat, 21 Nov 2026 15:01:30 GMT", 90.0),
        ("Sat, 21 Nov 2026 14:00:00 GMT", 0.0), ("Sat, 99 Nov 2026 14:00:00 GMT", None),
    ],
)  # fmt: skip
def test_when_to_come_back(text: str, seconds: float | None) -> None:
    assert retry_after({**DATE, "retry-after": text}) == seconds


def test_milliseconds_are_finer() -> None:
    assert retry_after({"retry-after": "1", "retry-after-ms": "250"}) == 0.25
    assert retry_after({}) is None


def test_anthropics_headers() -> None:
    headers = {
        **DATE, "anthropic-ratelimit-requests-limit": "50",
        "anthropic-ratelimit-requests-remaining": "49",
        "anthropic-ratelimit-requests-reset": "2026-11-21T15:00:02Z",
        "anthropic-ratelimit-input-tokens-limit": "10000",
        "anthropic-ratelimit-input-tokens-remaining": "9000",
    }  # fmt: skip
    assert told_rates(headers) == {
        "requests": Told(50, 49, 2.0), "tokens": Told(10_000, 9_000, None),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("reset", "seconds"),
    [
        ("1s", 1.0), ("6m0s", 360.0), ("120ms", 0.12), ("1h2m3.5s", 3723.5), ("12", 12.0),
        ("2026-11-21T15:00:10", 10.0), ("later", None), ("1x", None), ("9" * 400 + "s", None),
    ],
)  # fmt: skip
def test_openais_headers(reset: str, seconds: float | None) -> None:
    headers = {
        **DATE, "x-ratelimit-limit-tokens": "30000", "x-ratelimit-remaining-tokens": "0",
        "x-ratelimit-reset-tokens": reset,
    }  # fmt: skip
    assert told_rates(headers) == {"tokens": Told(30_000, 0, seconds)}


def test_nonsense_tells_nothing() -> None:
    assert told_rates({}) == {}
    assert told_rates({"x-ratelimit-limit-requests": "many", "date": "\0"}) == {}


@pytest.mark.parametrize("sdk", ["anthropic", "openai"])
async def test_the_real_sdks_headers_are_heeded(sdk: str) -> None:
    """The second question waits for a place that the first answer says is not there."""
    module, httpx2 = pytest.importorskip(sdk), pytest.importorskip("httpx2")
    good: Any = message('{"option": "1"}') if sdk == "anthropic" else completion("A")
    kind = "anthropic-ratelimit-requests-{}" if sdk == "anthropic" else "x-ratelimit-{}-requests"
    headers = {kind.format("limit"): "7", kind.format("remaining"): "0"}
    app = Provider(lambda path, body: (200, good, headers))
    client = module.DefaultAsyncHttpxClient(transport=httpx2.ASGITransport(app))
    make: Any = Anthropic if sdk == "anthropic" else OpenAI
    model = make("m", key="k", url="http://provider", http_client=client)
    guard = guarded(model, deadline=5)
    assert (await guard.ask(CHOOSE)).pick == 0  # type: ignore[union-attr]
    with pytest.raises(ModelError, match=r"used up for (60|59) s") as caught:
        await guard.ask(WRITE)
    assert (caught.value.kind, len(app.asked)) == ("RateLimited", 1)
    await guard.close()
