"""What one review loads, in a process of its own: no clock, which a busy machine would bend."""

from __future__ import annotations

import json
import subprocess
import sys
from types import ModuleType

import pytest

from guandian import pipelines, report

PRINT = "import json, sys, time; print(json.dumps([time.process_time(), sorted(sys.modules)]))"
ONE = f"""
import atexit, sys
sys.argv = ["guandian", "mine", "--text", "屏幕很清晰"]
atexit.register(lambda: exec({PRINT!r}))
from guandian.__main__ import main
main()
"""
NEEDLESS = (
    "guandian.data",
    "guandian.files",
    "guandian.mining.caution.promises",
    "guandian.pipelines.train",
    "guandian.privacy",
    "guandian.report.mined.aggregate",
    "guandian.training",
    "jinja2",
    "torch",
)
"""Of files, options that were not given, and learning."""


def loaded(code: str) -> tuple[float, set[str]]:
    """The processor seconds of a fresh process at its end, and the modules that it loaded."""
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, stdout=subprocess.PIPE, encoding="utf-8"
    )
    seconds, modules = json.loads(done.stdout.splitlines()[-1])
    return seconds, set(modules)


def test_one_review_loads_nothing_of_files_options_or_learning() -> None:
    _, modules = loaded(ONE)
    assert "onnxruntime" in modules
    assert not modules.intersection(NEEDLESS)


def test_importing_the_package_costs_next_to_nothing() -> None:
    nothing, bare = loaded(PRINT)
    seconds, modules = loaded(f"import guandian; {PRINT}")
    # Measured 0.001 s; 0.06 s are asked.
    assert seconds - nothing < 0.06
    assert {name for name in modules - bare if "." in name and name.startswith("guandian")} == set()


@pytest.mark.parametrize("package", [pipelines, report])
def test_names_that_come_when_asked_for_are_all_there(package: ModuleType) -> None:
    for name in package.__all__:
        assert getattr(package, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = package.nothing
