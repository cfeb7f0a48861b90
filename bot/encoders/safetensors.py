"""Reads a `.safetensors` file with numpy alone.

The format: eight bytes (little-endian length), a JSON header of that length (name → dtype, shape, offsets),
then the numbers.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

MAX_HEADER = 16 << 20  # bytes; a header holds names, so a larger one is not a model
_DTYPES = {"F32": "<f4", "F16": "<f2", "F64": "<f8", "I64": "<i8", "I32": "<i4", "U8": "u1", "I8": "i1"}


class _Tensor(msgspec.Struct):
    dtype: str
    shape: list[int]
    data_offsets: tuple[int, int]


class UnreadableWeights(Exception):
    """The file is not the safetensors file it claims to be; the text says why."""


def read(path: Path) -> dict[str, NDArray[np.float32]]:
    """Every floating-point tensor of the file as float32, by name. Raises `UnreadableWeights`."""
    data = path.read_bytes()
    length = int.from_bytes(data[:8], "little")
    if not 2 <= length <= min(MAX_HEADER, len(data) - 8):
        raise UnreadableWeights(f"{path.name}: the header's length {length} does not fit the file")
    try:
        header = msgspec.json.decode(data[8 : 8 + length], type=dict[str, msgspec.Raw])
        header.pop("__metadata__", None)
        tensors = {name: msgspec.json.decode(raw, type=_Tensor) for name, raw in header.items()}
    except msgspec.DecodeError as error:
        raise UnreadableWeights(f"{path.name}: {error}") from None
    found = {}
    for name, tensor in tensors.items():
        if not tensor.dtype.startswith("F"):
            continue  # position numbers and the like; a graph makes its own
        start, end = tensor.data_offsets
        kind = np.dtype(_DTYPES.get(tensor.dtype, "<f4"))
        if (
            tensor.dtype not in _DTYPES
            or not 0 <= start <= end <= len(data) - 8 - length
            or end - start != int(np.prod(tensor.shape)) * kind.itemsize
        ):
            raise UnreadableWeights(f"{path.name}: {name} has shape and offsets that do not fit")
        flat = np.frombuffer(data, kind, count=(end - start) // kind.itemsize, offset=8 + length + start)
        found[name] = flat.reshape(tensor.shape).astype(np.float32)
    return found
