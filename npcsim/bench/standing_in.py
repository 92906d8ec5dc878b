"""A model on this machine in place of paid ones, behind a real Messages API, at their prices."""

from __future__ import annotations

import gc
import importlib.util
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from npcsim.errors import MissingExtra
from npcsim.models.local.bundled import bundled_model_path
from npcsim.models.tiers import DEFAULTS, source_of

STAND_IN = "smollm2-135m"
SLOTS, CONTEXT = 2, 4096
PATIENCE = "1 h"
"""How long it may take: a machine's slowness is no failure of the model it stands for."""
TEMPLATE = Path(__file__).parent / "data" / "tools.jinja"
"""A chat template by which even so small a model answers by the tool it is given."""
ENDS = [". ", "! ", "? ", ".\n"]
"""Where its words end: so small a model would talk on for all the room it has."""


@contextmanager
def standing_in(tiers: Mapping[str, Any], names: Sequence[str]) -> Iterator[list[str]]:
    """llama.cpp's server with the bundled model while the block lasts.

    -> overrides of the scenario that send the tiers `names` to it. What it costs is counted as if
    the model it stands for had answered; what it says is what a model of 135 million parameters
    says. It looks nothing up, since so small a model would look up the same thing until it may no
    longer, and has all the time it needs. Raises MissingExtra.
    """
    path = bundled_model_path()
    if importlib.util.find_spec("xllamacpp") is None or path is None:
        raise MissingExtra('a stand-in for paid models needs pip install "npcsim[bench,local]"')
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.hostnames, params.port = ["127.0.0.1"], 0  # 0: whichever is free
    params.n_parallel, params.n_ctx = SLOTS, SLOTS * CONTEXT
    params.n_gpu_layers, params.fit_params = 0, False
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.verbosity, params.warmup = 0, False
    params.antiprompt, params.sampling.temp = ENDS, 0.0
    params.chat_template = TEMPLATE.read_text(encoding="utf-8")
    server = xllamacpp.Server(params)
    try:
        yield _sent_to(str(server.listening_address).rstrip("/"), tiers, names)
    finally:
        del server
        gc.collect()  # its threads end with it


def _sent_to(url: str, tiers: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    changes = [f"think.guard={PATIENCE}"]
    for name in names:
        part = tiers.get(name)
        model = (part.model if part is not None else None) or DEFAULTS.get(name, "")
        source = source_of(model)
        changes.append(f"tiers.{name}.model=anthropic:{STAND_IN}@{url}")
        changes.append(f"tiers.{name}.context=whole")
        changes.append(f"tiers.{name}.lookups=0")
        # As the scenario has it, or our list; the address alone would make it cost nothing.
        price: Any = (part.price if part is not None else None) or source.price
        if price is not None:
            cost = {"input": price.input, "cached": price.cached, "output": price.output}
            given = {kind: usd for kind, usd in cost.items() if usd is not None}
            changes.append(f"tiers.{name}.price={json.dumps(given)}")
    return changes
