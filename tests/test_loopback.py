"""The server that tests have on this machine: both APIs are there, and want a key."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

import pytest

from tests.loopback import Loopback

pytestmark = pytest.mark.loopback


def models(url: str, key: str) -> list[str]:
    asked = urllib.request.Request(f"{url}/v1/models", headers={"Authorization": f"Bearer {key}"})
    with urllib.request.urlopen(asked, timeout=10) as reply:
        return [model["id"] for model in json.load(reply)["data"]]


def test_it_is_there_and_wants_a_key(loopback: Loopback) -> None:
    assert loopback.openai == f"{loopback.anthropic}/v1"
    assert models(loopback.url, loopback.key) == [loopback.model]
    asked = urllib.request.Request(f"{loopback.url}/v1/messages", data=b"{}")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(asked, timeout=10)
    assert refused.value.code == 401
    refused.value.close()
