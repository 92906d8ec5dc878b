from __future__ import annotations

import io

import pytest

from npcsim.inference.wire import receive, send


def test_messages_come_back_in_order() -> None:
    pipe = io.BytesIO()
    sent = [{"id": 1, "text": "Grüße, „Mara“ 🍞"}, {"id": 2, "text": "\ud800 lone"}, {}]
    for message in sent:
        send(pipe, message)
    pipe.seek(0)

    assert receive(pipe) == sent[0]
    assert receive(pipe) == {"id": 2, "text": "\ud800 lone"}
    assert receive(pipe) == {}
    assert receive(pipe) is None


def test_an_end_in_mid_message_is_an_end() -> None:
    pipe = io.BytesIO()
    send(pipe, {"id": 1})
    whole = pipe.getvalue()

    assert [receive(io.BytesIO(whole[:n])) for n in range(len(whole))] == [None] * len(whole)


@pytest.mark.parametrize("junk", [b"llama_model_load: error", b"\0\0\0\x02[]", b"\0\0\0\x03abc"])
def test_bytes_that_are_no_message_are_refused(junk: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        receive(io.BytesIO(junk))
