"""Arrays in events."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray
from pydantic import InstanceOf

Array = InstanceOf[NDArray[Any]]
