"""Snapshots: what is encoded is decoded, what is altered is refused."""

from __future__ import annotations

import zlib
from hashlib import blake2b

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from npcsim.errors import BrokenInvariant, StoreError
from npcsim.store.snapshots import decode, encode

DATA = {"names": ["Mara", "톰"], "inventory": {"mara": {"loaf": 2}}, "clock": 1.5, "none": None}
ARRAYS = {
    "hp": np.array([1.0, np.nan, np.inf]),
    "state": np.arange(6, dtype=np.uint8).reshape(2, 3),
    "free": np.array([True, False]),
    "empty": np.zeros((0, 4), np.int32),
    "scalar": np.array(3, np.int64),
    "big": np.arange(3, dtype=">i4"),
    "words": np.array(["a", "éa"]),
    "strided": np.arange(10)[::3],
}


def test_round_trip() -> None:
    data, back = decode(encode(DATA, ARRAYS))
    assert data == DATA
    assert list(back) == list(ARRAYS)
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(back[name], array)
        assert back[name].shape == array.shape
        assert back[name].dtype == array.dtype.newbyteorder("<")
    back["hp"][0] = 2.0


@settings(max_examples=30, deadline=None)
@given(
    arrays.arrays(
        st.sampled_from([np.float64, np.uint32, np.int16, np.bool_]),
        arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5),
    )
)
def test_any_array_comes_back_bit_for_bit(array: np.ndarray) -> None:
    back = decode(encode({}, {"a": array}))[1]["a"]
    assert (back.tobytes(), back.shape, back.dtype) == (array.tobytes(), array.shape, array.dtype)


def test_the_same_world_gives_the_same_bytes() -> None:
    assert encode(DATA, ARRAYS) == encode(DATA, ARRAYS)


def test_every_altered_byte_is_found() -> None:
    payload = encode({"a": 1}, {"x": np.arange(4)})
    for place in range(len(payload)):
        broken = bytearray(payload)
        broken[place] ^= 0x40
        with pytest.raises(StoreError):
            decode(bytes(broken))
    for length in range(len(payload)):
        with pytest.raises(StoreError):
            decode(payload[:length])


@pytest.mark.parametrize("length", [0, 7, 1 << 40])
def test_a_made_up_snapshot_is_refused(length: int) -> None:
    body = length.to_bytes(8, "little") + zlib.compress(b"\0" * 1000)
    with pytest.raises(StoreError):
        decode(b"npcsnap1" + blake2b(body, digest_size=16).digest() + body)


def test_objects_are_refused() -> None:
    with pytest.raises(BrokenInvariant, match="dtype object"):
        encode({}, {"bad": np.array([object()])})
