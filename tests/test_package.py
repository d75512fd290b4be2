"""Promises of the package as a whole."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import guandian

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = Path(guandian.__file__).parent
SOURCES = sorted(PACKAGE.rglob("*.py"))
HEAVY = {"torch", "transformers", "onnxruntime", "tokenizers", "numpy", "sklearn", "pydantic"}


def test_import_loads_nothing_heavy() -> None:
    code = (
        f"import guandian, sys\nfound = {HEAVY} & set(sys.modules)\nsys.exit(str(found or '') or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_pipelines_load_no_torch() -> None:
    """The one file that joins serving and learning leaves learning for when it is asked."""
    code = "import sys, guandian.pipelines; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("module", "names"),
    [
        ("guandian", ""),
        (
            "guandian.domain",
            "Entity Label LabelHead Labelled Language Mined Opinion Polarity Quad Review Sentiment "
            "Span",
        ),
        ("guandian.errors", "BadRow BundleError ElsewhereError GuandianError RecipeError"),
    ],
)
def test_public_names_are_exactly_these(module: str, names: str) -> None:
    code = (
        f"import {module} as m\n"
        "print(*sorted(n for n, v in vars(m).items() if isinstance(v, type) and n[0] != '_'))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == names


@pytest.mark.parametrize("source", SOURCES, ids=lambda p: "/".join(p.parts[-2:]))
def test_files_and_functions_stay_readable(source: Path) -> None:
    text = source.read_text("utf-8")
    assert len(text.splitlines()) <= 500
    long = [
        f"{node.name}: {length} lines"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or node.lineno) - node.lineno + 1) > 80
    ]
    assert not long


def test_every_room_stands_on_one_side() -> None:
    """A new room joins serving, which the contract keeps free of torch, or learning."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    (contract,) = (
        contract
        for contract in config["tool"]["importlinter"]["contracts"]
        if contract["name"] == "Serving never imports learning"
    )
    serving = {module.split(".")[1] for module in contract["source_modules"]}
    here = {path.stem for path in PACKAGE.iterdir() if path.suffix in ("", ".py")}
    joining = {"api", "cli", "experiments", "pipelines", "tuning"}
    here -= joining | {"__init__", "__main__", "__pycache__"}
    learning = {"baselines", "export", "modeling", "tracking", "training", "vectors"}
    assert here == serving | (here & learning)
