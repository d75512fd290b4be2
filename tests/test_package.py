"""Promises of the package as a whole."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import guandian

SOURCES = sorted(Path(guandian.__file__).parent.rglob("*.py"))
HEAVY = {"torch", "transformers", "onnxruntime", "tokenizers", "numpy", "sklearn", "pydantic"}


def test_import_loads_nothing_heavy() -> None:
    code = (
        f"import guandian, sys\nfound = {HEAVY} & set(sys.modules)\nsys.exit(str(found or '') or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


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
