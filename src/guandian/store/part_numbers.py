"""Numbers of parts, remembered: parts never change, so each is read once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from guandian.store.duck import Duck, PartGone

_KEPT = 8_000_000
"""Reviews whose numbers are remembered, 64 MB of them."""

Numbers = np.ndarray[Any, np.dtype[Any]]


class PartNumbers:
    """A number for each review of a part; those of the parts asked for last are remembered.

    Args:
        read: reads those of a part.
    """

    def __init__(self, read: Callable[[str], Numbers]) -> None:
        self._read = read
        self._known: OrderedDict[str, Numbers] = OrderedDict()
        self._lock = Lock()

    def of(self, part: str) -> Numbers:
        """Those of one part.

        Raises:
            PartGone: it cannot be read.
        """
        with self._lock:
            if (known := self._known.get(part)) is not None:
                self._known.move_to_end(part)
                return known
        numbers = self._read(part)
        with self._lock:
            self._known[part] = numbers
            while sum(map(len, self._known.values())) > _KEPT and len(self._known) > 1:
                self._known.popitem(last=False)
        return numbers


class StoredIds:
    """Finds reviews by their ids, and reads only the parts that hold one of them: often none.

    Args:
        duck: what reads parts.
    """

    def __init__(self, duck: Duck) -> None:
        self._duck, self._numbers = duck, PartNumbers(self._of_part)

    def rows(self, query: str, parts: Sequence[str], ids: Collection[int]) -> list[tuple[Any, ...]]:
        """The rows of a query of the folder `queries` about reviews of some ids.

        Args:
            query: its name.
            parts: of reviews, as `Duck.paths` gives them.
            ids: `hash_of` each.

        Raises:
            PartGone: a part is not there, or not whole.
        """
        wanted = np.sort(np.fromiter(ids, np.uint64, len(ids)))
        holding = [part for part in parts if _is_any(wanted, self._of_present(part))]
        if not holding:
            return []
        return self._duck.rows(query, {"reviews": holding, "hashes": [*ids]})

    def _of_present(self, part: str) -> Numbers:
        """The numbers of a part, remembered or not: one that is lost is to be told in time."""
        if not Path(part).is_file():
            raise PartGone(part)
        return self._numbers.of(part)

    def _of_part(self, part: str) -> Numbers:
        numbers: Numbers = np.sort(self._duck.table("ids", {"reviews": [part]})["id"].to_numpy())
        return numbers


def _is_any(wanted: Numbers, held: Numbers) -> bool:
    """Whether one of the wanted numbers is among those held; both are sorted."""
    if not len(held):
        return False
    places = np.minimum(np.searchsorted(held, wanted), len(held) - 1)
    return bool((held[places] == wanted).any())
