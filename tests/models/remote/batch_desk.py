"""Anthropic's endpoints for batches as a small app, and time that passes only when it is waited."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.models.remote.provider import Provider, Reply, message

Came = dict[str, Any]


def succeeded(text: str) -> Came:
    return {"type": "succeeded", "message": message(text)}


def errored(kind: str, words: str) -> Came:
    error = {"type": kind, "message": words}
    return {"type": "errored", "error": {"type": "error", "error": error, "request_id": None}}


class BatchDesk:
    """Batches are done after `looks` looks; `came(question's params)` says what became of each.

    `app` is the ASGI app; `sent` has each batch's requests by name, `cancelled` batches' names.
    `trouble` answers instead of everything else while it gives a reply.
    """

    def __init__(
        self,
        came: Callable[[Any], Came | None] = lambda params: succeeded("It went well."),
        looks: int = 2,
        trouble: Callable[[str, Any], Reply | None] = lambda path, body: None,
    ) -> None:
        self.came, self.looks, self.trouble = came, looks, trouble
        self.sent: list[dict[str, Any]] = []
        self.looked: list[int] = []
        self.cancelled: list[str] = []
        self.app = Provider(self._rule)

    def _rule(self, path: str, body: Any) -> Reply:
        found = self.trouble(path, body)
        if found is not None:
            return found
        if path == "/v1/messages/batches":
            self.sent.append({one["custom_id"]: one["params"] for one in body["requests"]})
            self.looked.append(0)
            return 200, self._told(len(self.sent) - 1)
        _, _, _, _, name, *what = path.split("/")
        at = int(name.removeprefix("batch_"))
        if what == ["cancel"]:
            self.cancelled.append(name)
            return 200, self._told(at)
        if what == ["results"]:
            return 200, self._lines(at), {"content-type": "application/x-jsonl"}
        self.looked[at] += 1
        return 200, self._told(at)

    def _told(self, at: int) -> dict[str, Any]:
        name, ended = f"batch_{at}", self.looked[at] > self.looks
        counts = dict.fromkeys(("processing", "succeeded", "errored", "canceled", "expired"), 0)
        return {
            "id": name, "type": "message_batch", "request_counts": counts, "archived_at": None,
            "processing_status": "ended" if ended else "in_progress", "cancel_initiated_at": None,
            "created_at": "2026-11-21T12:00:00Z", "expires_at": "2026-11-22T12:00:00Z",
            "ended_at": "2026-11-21T13:00:00Z" if ended else None,
            "results_url": f"https://api.anthropic.com/v1/messages/batches/{name}/results",
        }  # fmt: skip

    def _lines(self, at: int) -> bytes:
        came = {name: self.came(params) for name, params in self.sent[at].items()}
        lines = [
            json.dumps({"custom_id": name, "result": result})
            for name, result in reversed(came.items())  # in no order of ours
            if result is not None
        ]
        return "".join(f"{line}\n" for line in lines).encode()
