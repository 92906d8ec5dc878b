"""What calls cost, and the most they can."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from npcsim.messages import Choose, Usage, Write
from npcsim.models.money import prices
from npcsim.models.money.prices import Price, bound, dollars, forecast, picodollars, price_of

SONNET = Price(2.0, 0.1, 10.0)


def test_a_call_costs_its_tokens() -> None:
    assert dollars(SONNET.of(Usage(1_000_000, 0, 0))) == 2.0
    assert dollars(SONNET.of(Usage(1_000_000, 0, 1_000_000))) == pytest.approx(0.1)
    assert dollars(SONNET.of(Usage(1_500, 20, 500))) == pytest.approx(0.00225)
    writing = Price(2.0, 0.1, 10.0, 2.5)
    assert dollars(writing.of(Usage(1_000, 0, 300, 400))) == pytest.approx(0.00163)
    assert SONNET.of(Usage(1_000, 0, 0, 400)) == SONNET.of(Usage(1_000))
    assert writing.batched.of(Usage(1_000, 20, 300, 400)) * 2 == writing.of(
        Usage(1_000, 20, 300, 400)
    )


@given(
    st.integers(0, 400), st.integers(0, 400), st.integers(0, 400), st.integers(0, 1_000),
    st.sampled_from([None, 0.5, 2.5, 4.0]),
)  # fmt: skip
def test_a_bound_covers_whatever_is_read_kept_or_written(
    fresh: int, cached: int, written: int, output: int, price: float | None
) -> None:
    """Budgets are hard, whether the provider's cache is written to or not."""
    question = Write("x" * 1_200, "", 60)
    paid = Price(2.0, 0.1, 10.0, price)
    used = Usage(fresh + cached + written, output, cached, written)
    assert paid.of(used) <= bound(question, paid)


@given(st.integers(0, 2 * 10**15))
def test_money_goes_to_dollars_and_back(pico: int) -> None:
    assert picodollars(dollars(pico)) == pico


@given(st.text(max_size=300), st.lists(st.text(max_size=40), min_size=1, max_size=9))
def test_a_bound_is_never_under_a_forecast_nor_under_a_token_a_byte(
    text: str, options: list[str]
) -> None:
    for question in (Choose(text, "n", tuple(options)), Write(text, text, 60)):
        most = bound(question, SONNET)
        assert most >= forecast(question, SONNET)
        said = text + "".join(options if isinstance(question, Choose) else ())
        size = len(said.encode("utf-8", "backslashreplace"))
        assert most >= SONNET.of(Usage(size, prices.most_output(question), 0))


def test_the_list_of_prices_tells_where_and_when_it_is_from() -> None:
    text = Path(prices.__file__).with_name("prices.json").read_text(encoding="utf-8")
    listed = json.loads(text)["models"]
    assert len(listed) >= 4
    for name, entry in listed.items():
        assert entry["source"], name
        assert entry["date"] >= "2026-10", name
        price = price_of(name)
        assert price is not None
        assert 0 < price.cached < price.input < price.output
        for kept, times in (("5m", 1.25), ("1h", 2.0)):
            there = price_of(name, kept)
            assert there is not None
            assert there.written == pytest.approx(price.input * times)
            assert there.written < price.output
    assert price_of("nobody-knows-it") is None
