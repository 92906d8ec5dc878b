"""How many NPCs a model leaves room for: bytes of weights, and of keys and values.

For each token a layer keeps a key and a value a KV head: layers x KV heads x (key size + value
size) x 2 bytes, as 16-bit numbers. An NPC's sequence holds at most its context of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from npcsim.errors import Unavailable
from npcsim.inference.gguf import KINDS, Gguf
from npcsim.models.library.facts import Facts, facts_of

KV_BYTES = 2
MOST_SEQUENCES = 256
"""llama.cpp's own limit, and the engine keeps none for prefixes beyond it."""
STEP = 512
"""Tokens computed at once: what the work space is for."""
OFFERED = ("F16", "Q8_0", "Q5_1", "Q5_0", "Q4_1", "Q4_0")
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?)(i?)B?\s*", re.IGNORECASE)
_UNITS = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4}


def parse_memory(text: str) -> int:
    """Bytes of `8GB`, `8 GiB`, `512M`. GB and GiB alike are 2**30. Raises ValueError."""
    found = _SIZE.fullmatch(text)
    if found is None:
        raise ValueError(f"expected a size such as `8GB` or `512MB`, not {text[:40]!r}")
    size = int(float(found[1]) * 1024 ** _UNITS[found[2].upper()])
    if not 0 < size <= 2**50:
        raise ValueError(f"a memory of {text[:40]} makes no sense")
    return size


@dataclass(frozen=True, slots=True)
class Fit:
    """One kind of weights in the memory that is given. All sizes in bytes.

    `sequences` fit beside the weights, each of `context` tokens; `wanted` of them were asked for.
    """

    quantisation: str
    is_file: bool
    weights: int
    work: int
    a_sequence: int
    left: int
    sequences: int


@dataclass(frozen=True, slots=True)
class Plan:
    """The memory, what a token takes, and how each kind of weights fits in."""

    facts: Facts
    memory: int
    context: int
    a_token: int
    fits: tuple[Fit, ...]


def plan(gguf: Gguf, memory: int, context: int) -> Plan:
    """How many sequences of `context` tokens fit in `memory` bytes beside the weights.

    For the file as it is, and for the kinds of weights it could be made into. Raises `Unavailable`
    where the file does not say how many layers or heads there are.
    """
    facts = facts_of(gguf)
    a_token = kv_bytes(facts)
    if not a_token:
        raise Unavailable("the file does not say how many layers and heads the model has")
    context = min(context, facts.context or context)
    work = work_bytes(facts)
    fits = []
    for kind, weights in _kinds(gguf, facts):
        left = memory - weights - work
        count = max(0, min(left // (a_token * context), MOST_SEQUENCES))
        is_file = kind == facts.quantisation
        fits.append(Fit(kind, is_file, weights, work, a_token * context, left, count))
    return Plan(facts, memory, context, a_token, tuple(fits))


def kv_bytes(facts: Facts) -> int:
    """Bytes that one token takes in the cache of keys and values, of all layers."""
    return facts.kv_heads * (facts.key_size + facts.value_size) * KV_BYTES


def work_bytes(facts: Facts) -> int:
    """Roughly what computing takes: logits and two rows of activations of `STEP` tokens."""
    return STEP * 4 * (facts.vocabulary + 8 * facts.embedding)


def _kinds(gguf: Gguf, facts: Facts) -> Iterator[tuple[str, int]]:
    yield facts.quantisation, sum(_tensor_bytes(t.elements, t.kind) for t in gguf.tensors)
    for number, (name, block, _) in KINDS.items():
        if name not in OFFERED or name == facts.quantisation:
            continue
        size = 0
        for tensor in gguf.tensors:
            # Vectors stay as they are; so does a table whose rows are no whole blocks.
            fits = len(tensor.shape) > 1 and tensor.shape[0] % block == 0
            size += _tensor_bytes(tensor.elements, number if fits else tensor.kind)
        yield name, size


def _tensor_bytes(elements: int, kind: int) -> int:
    _, block, size = KINDS.get(kind, ("", 1, 2))
    return elements // block * size


def lines(found: Plan) -> Iterator[str]:
    """The plan with its arithmetic, for people."""
    f = found.facts
    yield f"{f.name}: {f.parameters / 1e6:.0f} million weights, {f.layers} layers"
    yield (
        f"a token keeps {f.kv_heads} KV heads (all layers) x ({f.key_size} + {f.value_size}) "
        f"x {KV_BYTES} bytes = {size_text(found.a_token)}"
    )
    yield (
        f"a sequence of {found.context} tokens: {found.context} x {size_text(found.a_token)} "
        f"= {size_text(found.a_token * found.context)}"
    )
    yield f"room to compute, roughly: {size_text(work_bytes(f))}"
    yield f"memory: {size_text(found.memory)}"
    yield ""
    for fit in sorted(found.fits, key=lambda one: -one.weights):
        mark = "  <- this file" if fit.is_file else ""
        yield f"{fit.quantisation:<8} {_verdict(fit)}{mark}"


def _verdict(fit: Fit) -> str:
    head = f"weights {size_text(fit.weights):>9}, left {size_text(max(0, fit.left)):>9}"
    if fit.left < fit.a_sequence:
        return f"{head}: does not fit"
    limit = (
        f" (the most there can be is {MOST_SEQUENCES})" if fit.sequences >= MOST_SEQUENCES else ""
    )
    return f"{head} / {size_text(fit.a_sequence)} = {fit.sequences} NPC sequences{limit}"


def size_text(size: int) -> str:
    """Bytes for people, in binary units."""
    number = float(size)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if number < 1024 or unit == "GiB":
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= 1024
    raise AssertionError  # pragma: no cover


__all__: Sequence[str] = ["Fit", "Plan", "lines", "parse_memory", "plan", "size_text"]
