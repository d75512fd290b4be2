"""What the tests of the dashboard share: a service with the example reviews, and a browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.service.dashboard.browsing import (
    EXAMPLES,
    Browser,
    Served,
    chromium,
    serving,
    skip_where_lacking,
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Closed with the last of these tests: while it is open its loop runs in this thread."""
    skip_where_lacking()
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def served(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("served") / "data") as service:
        job = service.mine(EXAMPLES)
        assert job["state"] == "done", job
        yield service


@pytest.fixture(scope="module")
def empty(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("empty") / "data") as service:
        yield service
