"""Turns of tenants: half for one of several, the one that has nothing there is next."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event, Lock

from guandian.service.tenants.tenant_turns import TenantTurns


class Works:
    """Works that run until they may end, and the order in which they began."""

    def __init__(self) -> None:
        self.began: list[str] = []
        self.ends: dict[str, Event] = {}
        self._lock = Lock()

    def named(self, name: str) -> Callable[[], None]:
        self.ends[name] = Event()

        def work() -> None:
            with self._lock:
                self.began.append(name)
            assert self.ends[name].wait(20)

        return work

    def wait(self, number: int) -> list[str]:
        until = time.monotonic() + 20
        while len(self.began) < number and time.monotonic() < until:
            time.sleep(0.005)
        time.sleep(0.05)
        assert len(self.began) == number, self.began
        return self.began

    def end(self) -> None:
        for event in self.ends.values():
            event.set()


def test_one_tenant_of_several_has_half_and_a_new_one_is_next() -> None:
    turns, works = TenantTurns(4, 8, 3, "test"), Works()
    try:
        first = [turns.begin("a", works.named(f"a{k}")) for k in range(5)]
        assert first == [True] * 4 + [False]
        assert sorted(works.wait(2)) == ["a0", "a1"], "two of four threads are others'"
        assert all(turns.begin("b", works.named(f"b{k}")) for k in range(4))
        works.wait(4)
        assert turns.begin("c", works.named("c0")), "who has nothing there comes in"
        assert not turns.begin("c", works.named("c1")), "it is full"
        works.ends["a0"].set()
        assert works.wait(5)[-1] == "c0", "a third of a tenant ran before the first of another"
    finally:
        works.end()
        turns.close()
    assert not turns.begin("d", works.named("d0"))


def test_who_is_alone_has_all_and_who_leaves_gives_the_place_back() -> None:
    turns, works = TenantTurns(2, 3, 1, "test"), Works()
    try:
        several = [works.named(f"a{k}") for k in range(4)]
        assert [turns.begin("a", work) for work in several] == [True, True, True, False]
        works.wait(2)
        turns.leave(several[2])
        assert turns.begin("a", several[3])
        works.ends["a0"].set()
        assert works.wait(3)[-1] == "a3"
    finally:
        works.end()
        turns.close()
