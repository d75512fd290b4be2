"""Messages of Protocol Buffers as fields of bytes: enough to put nodes into an ONNX network.

Serving knows nothing of `onnx`; the numbers of fields in its format are kept for good.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple


class Field(NamedTuple):
    """A field of a message.

    Attributes:
        number: of the field.
        content: its bytes; None where it is a number.
        raw: the field as it stands in the message, tag included.
    """

    number: int
    content: memoryview | None
    raw: memoryview


def fields(message: memoryview) -> Iterator[Field]:
    """The fields of a message, in their order."""
    at = 0
    while at < len(message):
        began = at
        tag, at = _number(message, at)
        number, kind = tag >> 3, tag & 7
        content = None
        # Kinds: 0 a number, 1 and 5 eight and four bytes, 2 a length and so many bytes. ONNX has no
        # other: 3 and 4, groups, were given up before it was made.
        if kind == 0:
            _, at = _number(message, at)
        elif kind in (1, 5):
            at += 8 if kind == 1 else 4
        else:
            length, at = _number(message, at)
            content, at = message[at : at + length], at + length
        yield Field(number, content, message[began:at])


def field(number: int, content: bytes) -> bytes:
    """A field of bytes, a text or a message."""
    return _written(number << 3 | 2) + _written(len(content)) + content


def whole_field(number: int, value: int) -> bytes:
    """A field of a whole number of at least 0."""
    return _written(number << 3) + _written(value)


def _number(message: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    # Seven bits a byte, the lowest first; the eighth says that another byte follows.
    while True:
        byte = message[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def _written(value: int) -> bytes:
    digits = bytearray()
    while value > 127:
        digits.append(value & 127 | 128)
        value >>= 7
    return bytes([*digits, value])
