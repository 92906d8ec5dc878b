"""What `model:` of a tier may say, and the order of tiers."""

from __future__ import annotations

import pytest

from npcsim.models.money.prices import Price
from npcsim.models.tiers import Source, Tier, by_price, source_of


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("bundled", Source("bundled", "bundled")),
        ("none", Source("none", "none")),
        ("~/models/my.gguf", Source("file", "~/models/my.gguf")),
        (r"C:\\models\\my.gguf", Source("file", r"C:\\models\\my.gguf")),
        ("anthropic:claude-haiku-5-5", Source("anthropic", "claude-haiku-5-5")),
        ("openai:gpt", Source("openai", "gpt")),
        ("ollama:qwen3:8b", Source("ollama", "qwen3:8b")),
        ("ollama:qwen3:8b@http://box:11434/v1/",
         Source("ollama", "qwen3:8b", "http://box:11434/v1")),
        ("openai:org/model@http://127.0.0.1:8000/v1",
         Source("openai", "org/model", "http://127.0.0.1:8000/v1")),
    ],
)  # fmt: skip
def test_what_a_model_may_be(text: str, source: Source) -> None:
    assert source_of(text) == source


@pytest.mark.parametrize(
    "text",
    [
        "antropic:claude", "openai:", "openai:m@host:80", "openai:m@ftp://x/v1", "", " ",
        "anthropic: claude", "openai:m@http://user:secret@host/v1",
    ],
)  # fmt: skip
def test_what_it_may_not_be(text: str) -> None:
    with pytest.raises(ValueError, match="expected `bundled`"):
        source_of(text)


def test_only_a_providers_own_address_costs_money_and_wants_its_key() -> None:
    cloud, own = source_of("anthropic:claude-haiku-5-5"), source_of("openai:m@http://box:80/v1")
    assert (cloud.paid, cloud.own_key, cloud.price()) == (
        True, "ANTHROPIC_API_KEY", Price(0.1, 0.01, 0.5),
    )  # fmt: skip
    assert (own.paid, own.own_key, own.price()) == (False, "", None)
    assert source_of("openai:gpt").own_key == "OPENAI_API_KEY"
    assert source_of("ollama:x").own_key == ""


def test_the_cheapest_first_and_local_first_of_equals() -> None:
    tiers = [
        Tier("riddle", "m", 0.9, 1, unpriced=True), Tier("top", "m", 0.9, 1, Price(4, 1, 20)),
        Tier("box", "m", 0.9, 1), Tier("local", "m", 0.5, 1),
        Tier("cloud", "m", 0.9, 1, Price(0.1, 0.01, 0.5)),
    ]  # fmt: skip
    assert [tier.name for tier in by_price(tiers)] == ["local", "box", "cloud", "top", "riddle"]
