"""The state hash of a world that is only there as the data of a snapshot.

It needs no setting, no tools and no code of a world's author: data in, hash out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from npcsim.world.columns import Columns
from npcsim.world.snapshot import heard_from
from npcsim.world.state import hash_of, signals_digest
from npcsim.world.table import Table


def frozen_hash(data: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> str:
    """What `World.state_hash` was when `snapshot.freeze` made these. Raises KeyError, TypeError."""
    columns = Columns(len(next(iter(arrays.values()), ())))
    for name, array in arrays.items():
        columns.add(name, array)
    parts = {f"column {name}": columns.digest(name).hex() for name in columns}
    for name, entries in data["tables"].items():
        table: Table[Any] = Table()
        for key, value in entries.items():
            table.put(key, value)
        parts[name] = f"{table.digest:032x}"
    crowd = [(about, loud, np.array(who, np.uint32)) for about, loud, who in data["crowd_signals"]]
    parts["signals"] = signals_digest((heard_from(values) for values in data["signals"]), crowd)
    parts["counters"] = f"{data['tick']} {data['next_act']}"
    return hash_of(parts)
