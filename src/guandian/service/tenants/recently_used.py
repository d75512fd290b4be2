"""What was made and may be made again, kept by last use within a bound of bytes."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class RecentlyUsed(Generic[Key, Value]):
    """Values of known sizes; what was not asked for the longest goes first.

    Args:
        most: bytes of all values; the latest stays even where it alone is larger.

    Attributes:
        bytes: of the values that are here.
    """

    def __init__(self, most: int) -> None:
        self.bytes, self._most = 0, most
        self._values: OrderedDict[Key, tuple[Value, int]] = OrderedDict()

    def __len__(self) -> int:
        """How many are here."""
        return len(self._values)

    def get(self, key: Key) -> Value | None:
        """The value of a key, which is thereby used; None where it is not here."""
        if (row := self._values.get(key)) is None:
            return None
        self._values.move_to_end(key)
        return row[0]

    def put(self, key: Key, value: Value, size: int) -> None:
        """Keep a value of so many bytes, in place of the one before."""
        _, before = self._values.pop(key, (None, 0))
        self.bytes += size - before
        self._values[key] = value, size
        while self.bytes > self._most and len(self._values) > 1:
            _, (_, gone) = self._values.popitem(last=False)
            self.bytes -= gone

    def drop(self, key: Key) -> None:
        """Forget the value of a key, if it is here."""
        _, gone = self._values.pop(key, (None, 0))
        self.bytes -= gone

    def clear(self) -> None:
        """Forget all."""
        self._values.clear()
        self.bytes = 0
