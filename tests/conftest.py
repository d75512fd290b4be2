"""What every test may use. One thread a process: two test processes must not fight over cores."""

from __future__ import annotations

import ast
import gc
import importlib.util
import os
import re
import signal
import sys
from collections import Counter
from collections.abc import Callable, Generator, Iterator
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


# What runs longest begins first, so that no process is left alone with it at the end. Ray's two
# clusters stand apart: they would wait for each other.
LONGEST = (
    "cli/test_ray",
    "training/test_process_group",
    "api/test_notebook",
    "test_docs",
    "mining/engines/test_engines",
    "service/replicas/test_fleet",
    "service/dashboard/test_every_page",
    "service/test_process",
    "monitor/sources/test_killed_streams",
    "service/test_replayed_post",
    "store/test_crashes",
    "service/test_whole_api",
    "cli/test_train",
    "monitor/test_arrivals",
    "pipelines/test_train",
    "tasks/test_own_task",
    "store/test_rollups",
    "cli/test_models",
    # of the quick tests
    "experiments/test_ladder",
    "mining/test_job",
    "mining/test_shipped",
    "cli/test_spoken",
    "cli/test_nothing_lost",
    "cli/test_streams",
    "cli/test_assist",
    "recipes/test_recipe",
    "export/test_export",
)


def _may_be_slow(path: Path) -> bool:
    """Whether a file of tests names the mark, or the fixture that brings it."""
    return bool(re.search(r"\b(slow|shared)\b", path.read_text("utf-8")))


def _is_slow(path: Path) -> bool:
    """Whether a file of tests marks all of them."""
    return bool(re.search(r"^pytestmark = pytest\.mark\.slow$", path.read_text("utf-8"), re.M))


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """What is imported and collected stays to the end: the collector of garbage passes it over."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_finish() -> None:
    """Count no lines while torch translates a module: they are its own, and take thrice as long."""
    if not sys.gettrace() or not (onnx := sys.modules.get("torch.onnx")):
        return

    def uncounted(*args: Any, **named: Any) -> Any:
        counting = sys.gettrace()
        sys.settrace(None)
        try:
            return export(*args, **named)
        finally:
            sys.settrace(counting)

    export, onnx.export = onnx.export, uncounted


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Files without a test of the half that is asked for are not imported, by each process anew."""
    passed_over = {"slow": lambda path: not _may_be_slow(path), "not slow": _is_slow}
    asked = passed_over.get(config.option.markexpr)
    if asked is not None and collection_path.match("test_*.py") and asked(collection_path):
        return True
    return None


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> Generator[None, None, None]:
    """Mark as slow what reads the real data sets; keep together what shares built parts.

    `--dist loadgroup` gives each test to whichever process is free: the longest file then holds
    nobody up. The tests of a file that take a fixture built once for it stay in one process.
    """
    spread = getattr(config.option, "loadgroup", False)  # which pytest-xdist says in its processes
    groups: dict[pytest.Item, str] = {}
    for item in items:
        if "shared" in getattr(item, "fixturenames", ()):
            item.add_marker("slow")
        if spread and _takes_a_built_part(item):
            groups[item] = _file(item)
            item.add_marker(pytest.mark.xdist_group(groups[item]))
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    if hidden := sorted(path.name for path in slow if not _may_be_slow(path)):
        raise pytest.UsageError(f"`-m slow` passes over {hidden}: say there what makes them slow")
    yield
    if not spread and "PYTEST_XDIST_WORKER" not in os.environ:
        return
    if gone := [name for name in LONGEST if not (ROOT / "tests" / f"{name}.py").is_file()]:
        raise pytest.UsageError(f"tests/conftest.py: LONGEST names {gone}, which are not there")
    places, sizes = {name: place for place, name in enumerate(LONGEST)}, Counter(groups.values())
    items.sort(
        key=lambda item: (places.get(_file(item), len(LONGEST)), -sizes[groups.get(item, "")])
    )
    for item, group in groups.items():
        if not item.nodeid.endswith(f"@{group}"):
            # pytest-xdist 3.8 notes groups where pytest 9.2 looks no more (its issue 1386).
            item._id = type(item.id).parse(f"{item.nodeid}@{group}")


def _file(item: pytest.Item) -> str:
    return item.path.relative_to(ROOT / "tests").with_suffix("").as_posix()


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


@pytest.fixture(scope="module")
def trees() -> dict[Path, ast.Module]:
    """The package's own files, parsed, by their paths in it; each reader frees them."""
    package = ROOT / "src" / "guandian"
    return {
        path.relative_to(package): ast.parse(path.read_text("utf-8"))
        for path in sorted(package.rglob("*.py"))
    }


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
