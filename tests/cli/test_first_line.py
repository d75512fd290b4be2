"""A command that trains says what it does before it loads what takes seconds to load."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.cli.trainings import RECIPE

SLOW = ("torch", "transformers", "optuna", "matplotlib")
WATCHED = f"""
import json
import sys
from importlib.abc import MetaPathFinder

class Watch(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name in {SLOW}:
            print("LOADS", name, file=sys.stderr)
            raise SystemExit(3)

from importlib import util
found = util.find_spec
util.find_spec = lambda name, *more: object() if name in {SLOW} else found(name, *more)
sys.meta_path.insert(0, Watch())
from guandian.__main__ import main

for call in json.loads(sys.argv[1]):
    print("BEGINS", file=sys.stderr)
    sys.argv = ["guandian", *call]
    try:
        main()
    except SystemExit:
        pass
"""


def test_it_says_so_before_anything_slow_is_loaded(tmp_path: Path) -> None:
    """One process tries all: what is slow is loaded by none of them."""
    (tmp_path / "own.toml").write_text(RECIPE, encoding="utf-8")
    (tmp_path / "space.toml").write_text("seed = [1, 2]\n", encoding="utf-8")
    more = {"tune": ["space.toml", "--trials", "2"], "models compare": ["--models", "a,b"]}
    commands = ["train", "rates", "tune", "transfer", "continual", "models compare"]
    calls = [[*command.split(), "own.toml", *more.get(command, [])] for command in commands]
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, json.dumps(calls)],
        cwd=tmp_path, capture_output=True, encoding="utf-8", check=False, timeout=60,
    )  # fmt: skip
    _, *told = done.stderr.split("BEGINS\n")
    said = "own: 加载训练所需的库 loading the libraries of a training …"
    assert [each.splitlines()[0] for each in told] == [said] * 6, told
