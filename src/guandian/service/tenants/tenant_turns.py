"""Turns of tenants at what can do only so much at once: none keeps another one out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

Work = Callable[[], None]


class TenantTurns:
    """Threads that several tenants share.

    A tenant may have half of all places and half of the threads at most, or all of them where it
    is the only one. One of which nothing is there comes in however many others are, and is next:
    the first work of whoever has the fewest threads is taken up.

    Args:
        threads: works that run at the same time.
        places: works that may run or wait, those that came in though it was full aside.
        tenants: how many there are.
        name: of the threads.
    """

    def __init__(self, threads: int, places: int, tenants: int, name: str) -> None:
        part = 1 if tenants < 2 else 2
        self._threads, self._places = threads, places
        self._most_threads, self._most_places = -(-threads // part), -(-places // part)
        self._waiting: list[tuple[str, Work]] = []
        self._running: Counter[str] = Counter()
        self._lock, self._pool = Lock(), ThreadPoolExecutor(threads, thread_name_prefix=name)

    def begin(self, tenant: str, work: Work) -> bool:
        """Let a tenant's work run as soon as it is its turn; False where it has no place."""
        with self._lock:
            own = self._running[tenant] + sum(whose == tenant for whose, _ in self._waiting)
            full = self._running.total() + len(self._waiting) >= self._places
            if own >= self._most_places or (own and full):
                return False
            self._waiting.append((tenant, work))
            self._take_up()
        return True

    def leave(self, work: Work) -> None:
        """Give back the place of a work that still waits."""
        with self._lock:
            self._waiting = [row for row in self._waiting if row[1] is not work]

    def close(self) -> None:
        """Take nothing in or up any more; what runs ends by itself."""
        with self._lock:
            self._most_places = 0
            self._waiting.clear()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _take_up(self) -> None:
        while self._waiting and self._running.total() < self._threads:
            tenant, work = min(self._waiting, key=lambda row: self._running[row[0]])
            if self._running[tenant] >= self._most_threads:
                return
            self._waiting.remove((tenant, work))
            self._running[tenant] += 1
            self._pool.submit(self._run, tenant, work)

    def _run(self, tenant: str, work: Work) -> None:
        try:
            work()
        finally:
            with self._lock:
                self._running[tenant] -= 1
                self._take_up()
