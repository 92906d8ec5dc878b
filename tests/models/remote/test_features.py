"""What models can do: our dated list, and what the provider says."""

from __future__ import annotations

import json
from pathlib import Path

from npcsim.models.money import prices
from npcsim.models.remote import features
from npcsim.models.remote.features import UNKNOWN, Features, features_of, refreshed

OPUS = "claude-opus-5-5"


def listed(module: object, name: str) -> dict[str, dict[str, object]]:
    text = Path(str(getattr(module, "__file__", ""))).with_name(name).read_text(encoding="utf-8")
    found: dict[str, dict[str, object]] = json.loads(text)["models"]
    return found


def test_the_list_tells_where_and_when_each_entry_is_from() -> None:
    entries = listed(features, "features.json")
    assert set(entries) == set(listed(prices, "prices.json"))
    for name, entry in entries.items():
        assert entry["source"], name
        assert entry["least_cached_source"], name
        assert str(entry["date"]) >= "2026-10", name
        can = features_of(name)
        assert can.context >= can.output > 0
        assert can.least_cached in (512, 1024, 2048, 4096)
        assert can.quiet in ("disabled", "between_tools", "")
        assert can.structured
        assert can.effort == features.EFFORTS


def test_a_model_nobody_knows_is_asked_by_what_every_server_has() -> None:
    assert features_of("smollm2") == UNKNOWN
    assert UNKNOWN.forced_tools
    assert not UNKNOWN.structured
    assert UNKNOWN.longest == 0


def test_a_prompt_is_as_long_as_its_price_is_known() -> None:
    assert features_of("claude-haiku-5-5").longest == 100_000
    assert features_of(OPUS).longest == 1_000_000


def test_what_the_provider_says_counts_more_and_what_it_leaves_out_stays() -> None:
    known = features_of(OPUS)
    assert refreshed(known, {"id": OPUS}) == known
    told = {
        "max_input_tokens": 2_000_000, "max_tokens": None,
        "capabilities": {
            "structured_outputs": {"supported": False}, "batch": {"supported": True},
            "thinking": {"supported": True, "types": {
                "adaptive": {"supported": True}, "disabled": {"supported": False},
                "between_tools": {"supported": True}}},
            "effort": {"supported": True, "low": {"supported": True}, "xhigh": None,
                       "medium": {"supported": True}, "high": {"supported": False}},
        },
    }  # fmt: skip
    found = refreshed(known, told)
    assert (found.context, found.output) == (2_000_000, known.output)
    assert (found.structured, found.batch, found.quiet) == (False, True, "between_tools")
    assert found.effort == ("low", "medium")
    assert found.least_cached == known.least_cached


def test_it_is_told_in_a_line() -> None:
    line = features_of(OPUS).told()
    assert "1,000,000 tokens of context" in line
    assert "tools can't be demanded" in line
    assert "thinking can't be turned off" in line
    assert "cached from 512 tokens" in line
    assert "no JSON answers" in Features().told()
