"""Errors of the SDKs as ours, and a provider's words without keys."""

from __future__ import annotations

import os
import re
from typing import Any
from urllib.parse import quote

from npcsim.errors import BadReply, ModelError, RateLimited, TimedOut, Unavailable
from npcsim.models.guards.rates import retry_after

REFUSED = (401, 402, 403, 404)
"""A bad key, a spent account, a forbidden or unknown model: asking again is no use."""
KINDS = {
    "authentication_error": 401, "billing_error": 402, "permission_error": 403,
    "not_found_error": 404, "rate_limit_error": 429, "insufficient_quota": 402,
    "timeout_error": 504, "api_error": 500, "server_error": 500, "overloaded_error": 529,
}  # fmt: skip
"""What goes wrong in a stream comes as HTTP 200: its kind says which status it would have had."""
_KEYS = re.compile(r"\b((sk|key|Bearer)[-_ ][A-Za-z0-9_\-.]{8,}|Basic [A-Za-z0-9+/=]{16,})")
_KEY = re.compile(r"\b(sk|gsk|xai|hf)[-_][A-Za-z0-9_\-]{16,}")
_SECRET = ("_KEY", "_TOKEN", "_SECRET", "_PASSWORD")
_HEADERS = "_CUSTOM_HEADERS"
_USER = re.compile(r"(?<=://)[^/\s@]+@")
"""Who an address is visited as: `user:password@`, as proxies have it."""


def told(text: str, *secrets: str) -> str:
    """A provider's words for the log: one line of 300 characters at most, and no key in it.

    Whatever of `secrets` and of the environment's secrets the words repeat is struck out, whoever
    it belongs to: a proxy or a provider may give back all that it was sent.
    """
    for secret in [*secrets, *_in_environment()]:
        for form in (secret, secret.strip(), quote(secret, safe="")):
            if form:
                text = text.replace(form, "***")
    return " ".join(_KEYS.sub("***", _USER.sub("***@", text)).split())[:300]


def _in_environment() -> list[str]:
    """Values of variables that are named as secrets are, and of headers that SDKs are to send."""
    found = []
    for name, value in os.environ.items():
        if name.endswith(_HEADERS):
            found += [line.partition(":")[2].strip() for line in value.splitlines()]
        elif name.endswith(_SECRET):
            found.append(value)
    # What is shorter may be any word.
    return [value for value in found if len(value) >= 8]


def looks_like_a_key(text: str) -> bool:
    """Whether a text has a part in the form that providers give their keys."""
    return _KEY.search(text) is not None


def typed(error: Exception, sdk: Any, key: str) -> ModelError:
    """An SDK's error as one of ours. Both SDKs name theirs alike; `sdk` is the module.

    While an answer streams in, the SDKs let httpx2's own errors through: those are known by name.
    """
    words = told(_words(error), key)
    cause = error.__cause__
    never_sent = type(cause).__name__ in ("ConnectError", "ConnectTimeout", "PoolTimeout")
    if isinstance(error, sdk.APITimeoutError):
        return TimedOut(words, billed=not never_sent)
    if isinstance(error, sdk.APIResponseValidationError):
        return BadReply(words, billed=True)
    if isinstance(error, sdk.APIStatusError):
        return _by_status(error.status_code, words, error)
    if isinstance(error, sdk.APIConnectionError):
        why = told(f"{type(cause).__name__}: {cause}", key) if cause else words
        return Unavailable(f"can't be reached: {why}", billed=not never_sent)
    if isinstance(error, sdk.APIError):
        return _by_status(200, words, error)  # inside a stream
    if any(kind.__name__ == "TimeoutException" for kind in type(error).__mro__):
        return TimedOut(words or type(error).__name__, billed=True)
    return Unavailable(f"{type(error).__name__}: {words}", billed=True)


def _words(error: Exception) -> str:
    """What the provider said, where its answer has that; else what the SDK says."""
    body = getattr(error, "body", None)
    inner = body.get("error", body) if isinstance(body, dict) else None
    said = inner.get("message") if isinstance(inner, dict) else None
    return str(said or getattr(error, "message", "") or error)


def _by_status(status: int, words: str, error: Any) -> ModelError:
    begun = status < 300  # the provider had begun to answer, and may charge for that
    if begun:
        status = KINDS.get(_kind(error.body), 500)
    response = getattr(error, "response", None)
    wait = None if response is None else retry_after(response.headers)
    if status == 429 and "insufficient_quota" not in str(error.body):
        words = words if wait is None else f"{words} (retry after {wait:g} s)"
        return RateLimited(words, billed=begun, retry_after=wait)
    if status in (429, *REFUSED):
        return Unavailable(f"refused ({status}): {words}", billed=begun, lasting=True)
    if status in (408, 504):
        return TimedOut(f"{status}: {words}", billed=True, retry_after=wait)
    if status >= 500:
        return Unavailable(f"{status}: {words}", billed=begun, retry_after=wait)
    return BadReply(f"the request was refused ({status}): {words}")


def of_kind(kind: str, words: str) -> ModelError:
    """What a provider calls `kind`, where it comes without a status: one question of a batch.

    Nothing was charged for it.
    """
    words, status = told(words), KINDS.get(kind, 400)
    if status == 429:
        return RateLimited(words)
    if status in REFUSED:
        return Unavailable(f"refused ({status}): {words}", lasting=True)
    if status == 504:
        return TimedOut(f"{status}: {words}")
    if status >= 500:
        return Unavailable(f"{status}: {words}")
    return BadReply(f"the request was refused ({kind or status}): {words}")


def _kind(body: object) -> str:
    """The kind of error that a body tells, in either provider's form."""
    inner = body.get("error", body) if isinstance(body, dict) else None
    if not isinstance(inner, dict):
        return ""
    return next((str(inner[k]) for k in ("type", "code") if inner.get(k) in KINDS), "")
