"""Records over each data base that they can stand in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.store.records.postgres_server import Server, lacking, postgres_server

from guandian.store.records import Records


class Clock:
    """A time that stands still until a test lets it pass."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 29, 8, 30, 0, 123456, UTC)

    def __call__(self) -> datetime:
        return self.time

    def pass_by(self, span: timedelta) -> None:
        self.time += span


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    if why := lacking():
        pytest.skip(why)
    with postgres_server() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest) -> str | None:
    """Where the records stand: None for the file in their folder."""
    if request.param == "sqlite":
        return None
    server: Server = request.getfixturevalue("postgres")
    return server.new_database()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def opened(tmp_path: Path, address: str | None, clock: Clock) -> Iterator[Callable[[], Records]]:
    """Opens the same records once more."""
    opened: list[Records] = []

    def open_again() -> Records:
        opened.append(Records.open(tmp_path, address, clock))
        return opened[-1]

    yield open_again
    for records in opened:
        records.close()


@pytest.fixture
def records(opened: Callable[[], Records]) -> Records:
    return opened()
