"""What every test may use. One thread a process: two test processes must not fight over cores."""

from __future__ import annotations

import importlib.util
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
# tests/training/test_gpu.py alone computes on GPUs
os.environ.setdefault("GUANDIAN_TEST_GPUS", os.environ.get("CUDA_VISIBLE_DEVICES", "all"))
os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ.pop("GUANDIAN_LANGUAGE", None)  # messages are in both languages unless a test asks

import pytest
from hypothesis import settings

# A busy machine is no failure: how long one example takes says nothing about the code.
settings.register_profile("guandian", deadline=None)
settings.load_profile("guandian")

# A shell that starts the tests in the background lets them ignore Ctrl-C, and so their processes.
signal.signal(signal.SIGINT, signal.default_int_handler)


def _stay_at_home(event: str, args: tuple[Any, ...]) -> None:
    """Refuse the network to every test: nothing that we ship may need it."""
    if event == "socket.getaddrinfo" and args[0] not in (None, "", "localhost", "127.0.0.1", "::1"):
        raise RuntimeError(f"a test asked the network for {args[0]!r}")


sys.addaudithook(_stay_at_home)

ROOT = Path(__file__).resolve().parent.parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark as slow what reads the real data sets; keep together what shares built parts.

    `--dist loadgroup` gives each test to whichever process is free: the longest file then holds
    nobody up. The tests of a file that take a fixture built once for it stay in one process.
    """
    grouped = config.pluginmanager.hasplugin("xdist")
    for item in items:
        if "shared" in getattr(item, "fixturenames", ()):
            item.add_marker("slow")
        if grouped and _takes_a_built_part(item):
            name = item.path.relative_to(ROOT / "tests").with_suffix("").as_posix()
            item.add_marker(pytest.mark.xdist_group(name))


def _takes_a_built_part(item: pytest.Item) -> bool:
    """Whether a fixture of its file or room, built for several tests, is among its own."""
    definitions = getattr(getattr(item, "_fixtureinfo", None), "name2fixturedefs", {})
    return any(
        definition.scope in ("module", "package", "session") and "/" in definition.baseid
        for stack in definitions.values()
        for definition in stack
    )


@pytest.fixture(autouse=True)
def _no_language_stays() -> Iterator[None]:
    """`--language` of a command called in this process holds for one test."""
    yield
    os.environ.pop("GUANDIAN_LANGUAGE", None)


@pytest.fixture(scope="session")
def script() -> Callable[[str], ModuleType]:
    """Imports a program of `scripts/`, which is no package, by its name."""

    def load(name: str) -> ModuleType:
        spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
        assert spec and spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with real data sets (`data/`) and the base model (`models/`); skips without it.

    It is taken from the environment variable GUANDIAN_SHARED, or `../shared` beside the repository.
    """
    folder = Path(os.environ.get("GUANDIAN_SHARED") or ROOT.parent / "shared")
    if not (folder / "data").is_dir():
        pytest.skip("needs the real data sets: set GUANDIAN_SHARED to their folder")
    return folder
