"""A running service in this process, asked through its application, without a socket."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.service.callers import Caller, new_caller

from guandian.service.parts import Service
from guandian.service.settings import Limits


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service with small bounds, in an empty folder."""
    folder = tmp_path_factory.mktemp("service") / "data"
    opened = Service.open(folder, Limits(threads=1, body=100_000, upload=2_000_000))
    yield opened
    opened.close()


@pytest.fixture
def admin(service: Service) -> Caller:
    """Whoever may do all."""
    return new_caller(service, "admin")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder for a service of its own."""
    return tmp_path / "data"
