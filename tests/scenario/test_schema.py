"""The schema's own bounds, which are there only if pydantic enforces them."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from npcsim.scenario.schema import Definition


@pytest.mark.parametrize(
    "wrong",
    [
        {"items": {"ale": {"value": -1}}},
        {"archetypes": {"thug": {"damage": -1}}},
        {"archetypes": {"thug": {"speed": 0}}},
        {"events": [{"at": "09:00", "signal": "bell", "loudness": -1}]},
        {"npcs": {"bo": {"count": 0}}},
        {"seed": -1},
        {"temper": 1.5},
    ],
)
def test_numbers_out_of_bounds_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=r"greater than|less than"):
        Definition.model_validate(wrong)


@pytest.mark.parametrize("key", ["memory", "reflection", "talk"])
def test_what_can_be_switched_off_is_on_where_nothing_is_said(key: str) -> None:
    assert getattr(Definition.model_validate({key: False}), key) == "off"  # YAML's bare `off`
    for on in (True, "on"):
        with pytest.raises(ValidationError, match="left out, it is on"):
            Definition.model_validate({key: on})
