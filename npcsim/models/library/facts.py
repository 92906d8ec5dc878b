"""What a GGUF file says of the model in it, and whether llama.cpp can load it."""

from __future__ import annotations

import importlib.util
import mmap
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from npcsim.errors import Unavailable
from npcsim.inference.chat import family_of
from npcsim.inference.gguf import KINDS, Gguf, shown

#: Architectures that llama.cpp loads, but that neither choose nor write: encoders.
ENCODERS = frozenset(
    "bert modern-bert nomic-bert nomic-bert-moe neo-bert jina-bert-v2 jina-bert-v3 eurobert"
    " t5encoder gemma-embedding".split()
)


@dataclass(frozen=True, slots=True)
class Facts:
    """A model in numbers.

    `kv_heads`: of all layers together. `key_size`, `value_size`: numbers a head keeps of a token.
    `context`: tokens it was trained for. `quantisation`: the kind of most weights. What
    the file doesn't say is 0 or empty.
    """

    name: str
    architecture: str
    family: str
    context: int
    layers: int
    embedding: int
    heads: int
    kv_heads: int
    key_size: int
    value_size: int
    vocabulary: int
    parameters: int
    quantisation: str
    file_bytes: int


def facts_of(gguf: Gguf) -> Facts:
    """The facts of a file's metadata and tensors. Raises `Unavailable` for numbers beyond sense."""
    arch = gguf.text("general.architecture")

    def number(key: str) -> int:
        return gguf.number(f"{arch}.{key}")

    layers, embedding = number("block_count"), number("embedding_length")
    heads = _per_layer(gguf, f"{arch}.attention.head_count", layers)
    kv_heads = _per_layer(gguf, f"{arch}.attention.head_count_kv", layers) or heads
    most = heads // layers if layers else 0
    head_size = embedding // most if most else 0
    found = Facts(
        name=shown(gguf.text("general.name") or gguf.path.stem, 80),
        architecture=shown(arch, 40),
        family=family_of(gguf.text("tokenizer.chat_template")).name,
        context=number("context_length"),
        layers=layers,
        embedding=embedding,
        heads=most,
        kv_heads=kv_heads,
        key_size=number("attention.key_length") or head_size,
        value_size=number("attention.value_length") or head_size,
        vocabulary=gguf.lengths.get("tokenizer.ggml.tokens", 0) or number("vocab_size"),
        parameters=sum(tensor.elements for tensor in gguf.tensors),
        quantisation=quantisation(gguf),
        file_bytes=gguf.size,
    )
    numbers = (found.context, layers, embedding, kv_heads, found.key_size, found.value_size)
    if any(not 0 <= one < 2**31 for one in numbers) or layers > 10_000:
        raise Unavailable(f"{shown(gguf.path)} says impossible things of itself: {numbers}")
    return found


def quantisation(gguf: Gguf) -> str:
    """The kind of number that most of the weights are kept in."""
    counts: Counter[str] = Counter()
    for tensor in gguf.tensors:
        counts[KINDS.get(tensor.kind, (f"kind {tensor.kind}", 1, 0))[0]] += tensor.elements
    return max(counts, key=lambda name: (counts[name], name))


def why_not(gguf: Gguf) -> str:
    """Why llama.cpp can't load the file, or npcsim can't use it; empty where nothing speaks
    against it. Nothing is loaded to find out."""
    arch = gguf.text("general.architecture")
    kind = gguf.text("general.type")
    parts = gguf.number("split.count")
    unknown = {tensor.kind for tensor in gguf.tensors if tensor.kind not in KINDS}
    if not arch:
        return "it names no architecture"
    if arch == "clip" or kind == "mmproj":
        return "it is the eye of another model, not a model"
    if kind == "adapter":
        return "it is an adapter (LoRA), not a model"
    if arch in ENCODERS:
        return f"{shown(arch, 40)} makes embeddings: it can neither choose nor write"
    if parts > 1 and gguf.number("split.no") != 0:
        return f"it is part {gguf.number('split.no') + 1} of {parts}; name the first one"
    if parts > 1 and (missing := _missing_parts(gguf, parts)):
        return missing
    if not gguf.lengths.get("tokenizer.ggml.tokens"):
        return "it has no vocabulary"
    if unknown:
        return f"its weights are of a kind that is not known here ({min(unknown)})"
    if not known_to_llama(arch):
        return f"the installed llama.cpp does not know the architecture {shown(arch, 40)!r}"
    return ""


def known_to_llama(architecture: str) -> bool:
    """Whether the installed llama.cpp names the architecture; True where that can't be told.

    Its library is searched for the name as a text of its own, and not loaded.
    """
    library = _library()
    if library is None:
        return True
    try:
        with library.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as m:
            return m.find(b"\0" + architecture.encode("utf-8", "replace") + b"\0") >= 0
    except (OSError, ValueError):
        return True


@cache
def _library() -> Path | None:
    spec = importlib.util.find_spec("llama_cpp")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "lib"
    names = ("libllama.so", "libllama.dylib", "llama.dll")
    return next((folder / name for name in names if (folder / name).is_file()), None)


def _per_layer(gguf: Gguf, key: str, layers: int) -> int:
    """A number of heads, of all layers together; some files give one for each layer."""
    value = gguf.entries.get(key)
    if isinstance(value, tuple):
        return sum(int(one) for one in value)
    return gguf.number(key) * layers


def _missing_parts(gguf: Gguf, parts: int) -> str:
    if parts > 1000:
        return f"it says that it has {parts} parts"
    for number in range(2, parts + 1):
        other = gguf.path.name.replace(f"-00001-of-{parts:05}", f"-{number:05}-of-{parts:05}")
        if other == gguf.path.name or not (gguf.path.parent / other).is_file():
            return f"part {number} of {parts} is not beside it"
    return ""
