"""A cluster of Ray's that was too slow to start is ended before the next try."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from typing import Any

import pytest

from guandian.errors import GuandianError

pytestmark = pytest.mark.skipif(not find_spec("ray"), reason="the extra scale is not installed")
WAIT = "import sys; sys.stdin.read()"


def begin(*words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", WAIT, *words], stdin=subprocess.PIPE)


def test_what_a_slow_start_left_is_ended_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    import ray

    from guandian.cluster.ray_cluster import connected

    started: list[subprocess.Popen[bytes]] = []
    older = begin("/site-packages/ray/gcs_server")

    def init(**_: Any) -> None:
        assert all(process.wait(60) < 0 for process in started[::2])
        started.extend((begin("/site-packages/ray/raylet"), begin("/tmp/rayon/other")))
        raise Exception("the node timed out")  # as Ray does: a bare one

    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray, "init", init)
    told = "no Ray cluster starts here: the node timed out"
    with pytest.raises(GuandianError, match=told), connected():
        pass
    assert len(started) == 6 and all(process.wait(60) < 0 for process in started[::2])
    others = (older, *started[1::2])
    assert [process.poll() for process in others] == [None] * 4
    for process in others:
        process.communicate()
    for process in started[::2]:
        process.communicate()
