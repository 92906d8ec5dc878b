"""Embeddings of a server that speaks OpenAI's API: llama-server, Ollama, vLLM, OpenAI itself.

A request to one goes the way of any question, as a `Write` whose text is the list of texts, so that
the same guards stand around it: deadline, retries, circuit breaker, limits of the provider.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from npcsim.errors import BadReply, ModelError
from npcsim.messages import Answer, Model, Question, Usage, Write, Written
from npcsim.models.guards.asking import charge_aside
from npcsim.models.money.prices import Price
from npcsim.models.remote.openai import OpenAI

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

AT_ONCE = 64
"""Texts in one request."""
MOST_SIZE = 65_536
SCHEMA = '{"type": "array"}'
"""So that nobody hears it as words while it comes."""


class EmbeddingServer(OpenAI):
    """A `Model` that answers a `Write` holding a JSON list of texts with their vectors as text."""

    def _request(self, question: Question) -> dict[str, Any]:
        assert isinstance(question, Write)
        # As numbers: not every server knows the shorter form that the SDK would ask for.
        texts = json.loads(question.user)
        return {"model": self._model, "input": texts, "encoding_format": "float"}

    async def _send(self, request: dict[str, Any]) -> Any:
        return await self._client.embeddings.create(**request)

    def _read(self, question: Question, reply: Any) -> Answer:
        assert isinstance(question, Write)
        tokens = int(getattr(getattr(reply, "usage", None), "prompt_tokens", 0) or 0)
        vectors = _vectors(reply.data, len(json.loads(question.user)))
        return Written(base64.b64encode(vectors.tobytes()).decode(), Usage(tokens))


class ServedEmbedder:
    """An `Embedder` by way of an `EmbeddingServer`, guarded or not.

    price: what its tokens cost; it is charged to the question under way (`guards.asking.Aside`).
    """

    def __init__(self, model: Model, price: Price | None = None) -> None:
        self._model, self._price = model, price
        self._size = 0

    @property
    def name(self) -> str:
        return self._model.name

    @property
    def fingerprint(self) -> str:
        return f"embeddings/{self._model.fingerprint}"

    @property
    def size(self) -> int:
        return self._size

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        import numpy as np

        found = []
        for start in range(0, len(texts), AT_ONCE):
            some = list(texts[start : start + AT_ONCE])
            # A server may refuse an empty text; a space means as little. Half a surrogate pair is
            # no text at all.
            plain = [text.encode("utf-8", "replace").decode() or " " for text in some]
            body = json.dumps(plain, ensure_ascii=False)
            answer = await self._charged(Write("", body, 0, (), "embed", schema=SCHEMA), plain)
            assert isinstance(answer, Written)
            rows = np.frombuffer(base64.b64decode(answer.text), dtype="<f4")
            rows = rows.astype(np.float32).reshape(len(some), -1)
            if self._size not in (0, rows.shape[1]):
                raise BadReply(f"vectors of {rows.shape[1]} numbers came after {self._size}")
            self._size = rows.shape[1]
            found.append(rows)
        return np.concatenate(found) if found else np.zeros((0, self._size), dtype=np.float32)

    async def _charged(self, question: Write, texts: Sequence[str]) -> Answer:
        """The answer. Until it tells its tokens, it counts as the most it can cost."""
        if self._price is None:
            return await self._model.ask(question)
        most = self._price.of(Usage(sum(len(text.encode()) for text in texts)))
        charge_aside(most)
        try:
            answer = await self._model.ask(question)
        except ModelError as error:
            if not error.billed:
                charge_aside(-most)
            raise
        if answer.usage.input:
            charge_aside(self._price.of(answer.usage) - most)
        return answer

    async def close(self) -> None:
        await self._model.close()


def _vectors(data: Any, count: int) -> NDArray[np.float32]:
    """The rows of an answer in the order of the texts, at length 1. Raises BadReply."""
    import numpy as np

    rows = sorted(data, key=lambda row: row.index)
    if [row.index for row in rows] != list(range(count)):
        raise BadReply(f"{len(rows)} vectors for {count} texts", billed=True)
    try:
        found = np.array([row.embedding for row in rows], dtype="<f4")
    except (ValueError, TypeError) as error:
        raise BadReply(f"vectors that are none: {error}", billed=True) from None
    if found.ndim != 2 or not 0 < found.shape[1] <= MOST_SIZE or not np.isfinite(found).all():
        raise BadReply(f"vectors that are none, of shape {found.shape}", billed=True)
    lengths = np.sqrt((found * found).sum(axis=1, keepdims=True, dtype=np.float32))
    if not lengths.all():
        raise BadReply("a vector of length 0", billed=True)
    vectors: NDArray[np.float32] = (found / lengths).astype("<f4")
    return vectors
