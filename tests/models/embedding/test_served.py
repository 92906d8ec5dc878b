"""Embeddings by the real OpenAI SDK, from an app of ours behind its transport."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from npcsim.assembly.thinking.guarding import guarded
from npcsim.errors import BadReply, ModelError, Unavailable
from npcsim.messages import Choose, Chosen, Usage
from npcsim.models.embedding.remembered import Remembered
from npcsim.models.embedding.served import AT_ONCE, EmbeddingServer, ServedEmbedder
from npcsim.models.money.prices import PICO, Price, bound, size
from npcsim.models.scripted import Scripted
from npcsim.scenario.guard_parts import GuardsPart
from npcsim.sim.inflight import Live, Thought
from tests.models.remote.provider import Provider

openai = pytest.importorskip("openai")
httpx2 = pytest.importorskip("httpx2")

KEY = "sk-proj-not-a-real-key-0123456789"
URL = "http://127.0.0.1:8080/v1"


def reply(rows: list[Any], order: list[int] | None = None) -> dict[str, Any]:
    places = order if order is not None else list(range(len(rows)))
    data = [{"object": "embedding", "index": at, "embedding": rows[at]} for at in places]
    usage = {"prompt_tokens": 7, "total_tokens": 7}
    return {"object": "list", "model": "m", "data": data, "usage": usage}


def by_length(path: str, body: Any) -> tuple[int, Any]:
    rows = [[float(len(text)), 1.0, 0.0] for text in body["input"]]
    return 200, reply(rows, list(reversed(range(len(rows)))))


def embedder_on(app: Provider, **guards: Any) -> ServedEmbedder:
    client = openai.DefaultAsyncHttpxClient(transport=httpx2.ASGITransport(app))
    server = EmbeddingServer("nomic", url=URL, key=KEY, deadline=5.0, http_client=client)
    return ServedEmbedder(guarded(server, deadline=5.0, charged=False))


async def test_rows_come_in_the_order_of_the_texts_at_length_one() -> None:
    app = Provider(by_length)
    embedder = embedder_on(app)
    assert embedder.size == 0
    rows = await embedder.embed(["mill", "ale", "방앗간 ❄"])
    assert rows.dtype == np.float32
    assert np.allclose(rows[:, 0] / rows[:, 1], [4, 3, 5])
    assert np.allclose((rows * rows).sum(axis=1), 1)
    assert embedder.size == 3
    [(path, body)] = app.asked
    assert path == "/v1/embeddings"
    assert (body["model"], body["encoding_format"]) == ("nomic", "float")
    assert body["input"] == ["mill", "ale", "방앗간 ❄"]
    assert embedder.name == "openai:nomic"
    assert URL in embedder.fingerprint
    assert KEY not in embedder.fingerprint
    await embedder.close()


async def test_many_texts_go_in_few_requests_and_an_empty_one_as_a_space() -> None:
    app = Provider(by_length)
    embedder = embedder_on(app)
    texts = ["x" * (1 + number % 7) for number in range(2 * AT_ONCE)] + [""]
    rows = await embedder.embed(texts)
    assert rows.shape == (len(texts), 3)
    assert [len(body["input"]) for _, body in app.asked] == [AT_ONCE, AT_ONCE, 1]
    assert app.asked[-1][1]["input"] == [" "]
    assert (await embedder.embed([])).shape == (0, 3)
    await embedder.close()


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, reply([[1.0, 0.0]]), BadReply),  # one vector for two texts
        (200, reply([[1.0, 0.0], [1.0]]), BadReply),
        (200, reply([[1.0, 0.0], [0.0, 0.0]]), BadReply),
        (200, reply([[1.0, 0.0], [None, 1.0]]), BadReply),
        (200, {"data": "what?"}, BadReply),
        (401, {"error": {"message": f"bad key {KEY}"}}, Unavailable),
        (404, {"error": {"message": "no such model"}}, Unavailable),
    ],
)
async def test_whatever_else_comes_back_is_one_typed_error(
    status: int, body: Any, kind: type[ModelError]
) -> None:
    embedder = embedder_on(Provider(lambda path, asked: (status, body)))
    with pytest.raises(kind) as caught:
        await embedder.embed(["mill", "ale"])
    assert KEY not in str(caught.value)
    await embedder.close()


async def test_the_guards_stand_around_it() -> None:
    app = Provider(lambda path, body: (401, {"error": {"message": "no"}}))
    embedder = embedder_on(app)
    for _ in range(3):
        with pytest.raises(Unavailable):
            await embedder.embed(["mill"])
    assert len(app.asked) == 1
    await embedder.close()


async def test_a_server_that_changes_its_size_is_a_bad_reply() -> None:
    sizes = iter((2, 3))
    app = Provider(lambda path, body: (200, reply([[1.0] * next(sizes)])))
    embedder = embedder_on(app)
    await embedder.embed(["mill"])
    with pytest.raises(BadReply, match="3 numbers came after 2"):
        await embedder.embed(["ale"])
    await embedder.close()


# -- money -------------------------------------------------------------------------------------

QUESTION = Choose("It is noon. Ida is hungry. Ida decides to", "Someone decides to", ("eat", "go"))
USED, RATES = Usage(100, 5), Price(1.0, 0.1, 5.0, beside=2.0)


async def landed(rule: Any, a_million: float | None = 2.0) -> Any:
    """What lands of a question whose tier looks for one like it by embeddings that cost money."""
    client = openai.DefaultAsyncHttpxClient(transport=httpx2.ASGITransport(Provider(rule)))
    server = EmbeddingServer("nomic", url=URL, key=KEY, deadline=5.0, http_client=client)
    price = None if a_million is None else Price(a_million, a_million, 0.0)
    embedder = ServedEmbedder(guarded(server, deadline=5.0, charged=True), price)
    cloud = Scripted(lambda question: Chosen(0, None, USED), "strong")
    part = GuardsPart.model_validate({"similar": True})
    model = guarded(cloud, part, deadline=5.0, embedder=Remembered(embedder))
    live = Live({"cloud": model}, 5.0, False, {"cloud": RATES})
    live.ask(Thought("a", "ida", "cloud", QUESTION, 1, 9))
    [landing] = await live.land(1)
    await live.close()
    await model.close()
    return landing


async def test_what_embeddings_cost_is_charged_to_the_question_they_are_for() -> None:
    """7 tokens a request, as the server tells; the most that a question can cost has them too."""
    landing = await landed(by_length)
    assert landing.answer.pick == 0
    assert landing.cost_usd == pytest.approx((100 + 25 + 7 * 2) / 1e6)
    plain = replace(RATES, beside=0.0)
    assert bound(QUESTION, RATES) - bound(QUESTION, plain) == 2 * size(QUESTION) * 2_000_000
    unpriced = await landed(by_length, None)
    assert unpriced.cost_usd == pytest.approx((100 + 25) / 1e6)


async def test_embeddings_that_failed_are_charged_where_they_may_have_been() -> None:
    refused = await landed(lambda path, body: (401, {"error": {"message": "no"}}))
    assert refused.cost_usd == pytest.approx((100 + 25) / 1e6)
    nonsense = await landed(lambda path, body: (200, reply([[0.0, 0.0]] * len(body["input"]))))
    assert (100 + 25) / 1e6 < nonsense.cost_usd < bound(QUESTION, RATES) / PICO
    silent = await landed(lambda path, body: (200, {**by_length(path, body)[1], "usage": None}))
    assert silent.cost_usd == nonsense.cost_usd
