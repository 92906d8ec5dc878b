"""The schema as a shape to walk: what may stand at a path of keys."""

from __future__ import annotations

from collections.abc import Sequence
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from npcsim.scenario.schema import Definition


def keys_of(kind: Any) -> dict[str, Any] | None:
    """The keys of a part of the schema, each with its type; None where keys are free or absent."""
    kind = _bare(kind)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        fields = kind.model_fields
        return {field.alias or name: field.annotation for name, field in fields.items()}
    if get_origin(kind) is dict and get_origin(get_args(kind)[0]) is Literal:
        names, inside = get_args(kind)
        return dict.fromkeys(get_args(names), inside)
    return None


def after(kind: Any, part: str | int) -> Any:
    """The type one step further in; None where the schema says nothing."""
    keys = keys_of(kind)
    if keys is not None:
        return keys.get(str(part))
    bare = _bare(kind)
    if get_origin(bare) is dict:
        return get_args(bare)[1]
    if get_origin(bare) in (list, tuple) and isinstance(part, int):
        return get_args(bare)[0]
    return None


def takes_keys(kind: Any) -> bool:
    """Whether keys may stand under it, free ones or its own."""
    return keys_of(kind) is not None or get_origin(_bare(kind)) is dict


def kind_at(loc: Sequence[str | int]) -> Any:
    """The type at a path of a Definition."""
    kind: Any = Definition
    for part in loc:
        kind = after(kind, part)
    return kind


def _bare(kind: Any) -> Any:
    """The type without Annotated and without `| None`; of a choice, the one that has keys."""
    if get_origin(kind) is Annotated:
        return _bare(get_args(kind)[0])
    if get_origin(kind) in (Union, UnionType):
        real = [one for one in get_args(kind) if one is not NoneType]
        keyed = real if len(real) == 1 else [one for one in real if keys_of(one) is not None]
        return _bare(keyed[0]) if len(keyed) == 1 else kind
    return kind
