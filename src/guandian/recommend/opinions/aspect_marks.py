"""What was said of which aspect in which action: praise, complaints and mentions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class AspectMarks:
    """Judgements of aspects; all arrays have one entry a mark.

    Attributes:
        aspects: keys of names; `aspect` holds their numbers.
        action: number of the action that a mark was made in.
        aspect: what is judged.
        sign: 1 for praise, -1 for a complaint, 0 for neither.
    """

    aspects: tuple[str, ...]
    action: NDArray[np.int64]
    aspect: NDArray[np.int32]
    sign: NDArray[np.int8]

    @classmethod
    def none(cls) -> Self:
        """No marks."""
        return cls((), np.zeros(0, np.int64), np.zeros(0, np.int32), np.zeros(0, np.int8))

    def __len__(self) -> int:
        return len(self.action)

    def distinct(self) -> AspectMarks:
        """Each aspect once an action and sign: who says it thrice says it once."""
        names = max(len(self.aspects), 1)
        cells = (self.action * names + self.aspect) * 3 + (self.sign + 1)
        first = np.sort(np.unique(cells, return_index=True)[1])
        return AspectMarks(self.aspects, self.action[first], self.aspect[first], self.sign[first])

    def of_actions(self, which: NDArray[np.bool_]) -> AspectMarks:
        """Those made in some of the actions, which are numbered anew."""
        numbers = np.cumsum(which, dtype=np.int64) - 1
        stays = which[self.action]
        action = numbers[self.action[stays]]
        return AspectMarks(self.aspects, action, self.aspect[stays], self.sign[stays])

    def followed_by(self, other: AspectMarks, actions: int) -> AspectMarks:
        """These and those of another file, whose actions begin at number `actions`."""
        names = {name: k for k, name in enumerate(self.aspects)}
        its = np.array([names.setdefault(name, len(names)) for name in other.aspects], np.int32)
        return AspectMarks(
            tuple(names),
            np.concatenate([self.action, other.action + actions]),
            np.concatenate([self.aspect, its[other.aspect]]).astype(np.int32),
            np.concatenate([self.sign, other.sign]),
        )
