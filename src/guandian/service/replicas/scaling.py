"""How many replicas there should be: by the seconds that the tokens in the house take."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from math import ceil

UP_SECONDS = 0.4
"""Of work in the house a replica: more of it, for as long as `HELD`, asks for more replicas."""
FIT_SECONDS = 0.25
"""Of work a replica that a larger number is chosen for."""
CALM_SECONDS = 0.15
"""Of work a replica that fewer of them must not exceed, at its most within `CALM`."""
HELD, CALM = 1.0, 30.0
"""Seconds that more work must last, and less of it. A replica is quick to start and cheap to keep:
what comes in waves is answered by as many as the wave takes, with one way up and one way down."""

PAUSE, MOST_PAUSE = 1.0, 60.0
"""Seconds before a replica is started again once one was refused: twice as many each time."""


@dataclass
class Patience:
    """How long to wait before a replica is started anew, where the last ones could not be."""

    _refused: int = 0
    _until: float = 0.0

    def refused(self, moment: float) -> float:
        """A replica could not be started.

        Args:
            moment: the time, as in `Scaling.wanted`.

        Returns:
            The seconds until another one may be.
        """
        pause = min(MOST_PAUSE, PAUSE * 2.0**self._refused)
        self._refused = min(self._refused + 1, 10)
        self._until = moment + pause
        return pause

    def welcomed(self) -> None:
        """One was started, or there is another model to start: the next one need not wait."""
        self._refused, self._until = 0, 0.0

    def over(self, moment: float) -> bool:
        """Tell whether another one may be started."""
        return moment >= self._until


@dataclass
class Scaling:
    """Decides on the number of replicas; it is told what is in the house and how fast one reads.

    Attributes:
        least: replicas that are always there.
        most: that may be there.
    """

    least: int
    most: int
    _seen: deque[tuple[float, float]] = field(default_factory=deque)

    def wanted(self, moment: float, tokens: float, pace: float, replicas: int) -> int:
        """How many there should be from now on.

        Args:
            moment: the time, seconds by any clock that does not go back.
            tokens: that wait or are read, with those refused since the last time.
            pace: tokens that one replica reads a second.
            replicas: how many there are, those that start included.
        """
        work = tokens / pace
        self._seen.append((moment, work))
        while self._seen and self._seen[0][0] < moment - CALM:
            self._seen.popleft()
        lately = [seconds for at, seconds in self._seen if at >= moment - HELD]
        whole = moment - self._seen[0][0] >= HELD
        if whole and min(lately) > UP_SECONDS * replicas:
            return min(self.most, max(replicas + 1, ceil(min(lately) / FIT_SECONDS)))
        calm = moment - self._seen[0][0] >= CALM * 0.95
        if calm and max(seconds for _, seconds in self._seen) < CALM_SECONDS * (replicas - 1):
            # Once down, the same calm does not count again.
            self._seen.clear()
            return max(self.least, replicas - 1)
        return min(self.most, max(self.least, replicas))
