"""Where a provider's key is kept: the environment or the system's keyring, never a file of ours."""

from __future__ import annotations

import os
import re
from importlib import import_module

from npcsim.models.remote.provider_errors import looks_like_a_key, told

_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]{0,60}")
_KEYRING = re.compile(r"keyring:([^/\s]{1,100})/(\S{1,100})")
FORMS = (
    "`key` names an environment variable that holds the key, such as `MY_KEY`, or an entry of the "
    "system's keyring, `keyring:SERVICE/NAME`"
)
HOW_TO_INSTALL = 'the package `keyring` is not installed: pip install "npcsim[keyring]"'


def is_reference(text: str) -> bool:
    """Whether a text says where a key is, and is no key itself."""
    if looks_like_a_key(text):
        return False
    return bool(_VARIABLE.fullmatch(text) or _KEYRING.fullmatch(text))


def key_of(reference: str) -> tuple[str, str]:
    """-> (the key, or an empty text; why there is none, or an empty text).

    reference: an environment variable, or `keyring:SERVICE/NAME`; empty needs no key. The system
    may ask its user to unlock the keyring. Nothing of a key is in what is told.
    """
    if not reference:
        return "", ""
    entry = _KEYRING.fullmatch(reference)
    if entry is not None:
        return _from_keyring(entry[1], entry[2])
    # What a shell or a file put behind it, such as a line's end, is no part of a key.
    key = os.environ.get(reference, "").strip()
    return key, "" if key else f"{reference} is not set"


def _from_keyring(service: str, name: str) -> tuple[str, str]:
    where = f"keyring:{service}/{name}"
    try:
        keyring = import_module("keyring")
    except ImportError:
        return "", f"{where} can't be read: {HOW_TO_INSTALL}"
    try:
        key = keyring.get_password(service, name)
    except Exception as error:  # noqa: BLE001
        # Backends come from other packages, and raise what they like.
        why = told(str(error)).partition(". ")[0]
        return "", f"{where} can't be read: {type(error).__name__}: {why}"
    key = (key or "").strip()
    return (
        key,
        "" if key else f"{where} holds nothing: `keyring set {service} {name}` puts it there",
    )
