"""Promises of the package as a whole."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import guandian

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = Path(guandian.__file__).parent
SOURCES = sorted(PACKAGE.rglob("*.py"))
HEAVY = {"torch", "transformers", "onnxruntime", "tokenizers", "numpy", "sklearn", "pydantic"}
COMMAND = "a subcommand and what it calls: who looks for one finds the other"
WORDING = "what it holds, and in which language it is told"
STEMS = {
    "answer": COMMAND,
    "commands": "the table of a group of commands: each group has one",
    "ensemble": COMMAND,
    "errors": WORDING,
    "evaluate": COMMAND,
    "help": WORDING,
    "language": "of reviews, and of what people are told",
    "runs": COMMAND,
    "store": COMMAND,
    "train": COMMAND,
    "transfer": COMMAND,
}
"""File stems that stand in more than one room, with the reason."""
NAMES = {
    "average": COMMAND,
    "compress": COMMAND,
    "evaluate": COMMAND,
    "main": "the process begins in one, which calls the other",
    "train": COMMAND,
}
"""Public functions and classes that stand in more than one file, with the reason."""
VAGUE = {
    "asked", "begun", "both", "done", "each", "found", "here", "kept", "now", "one", "place",
    "some", "taken", "told", "turn",
}  # fmt: skip
"""Bindings that say nothing of their values, and stand nowhere."""


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


@pytest.mark.no_cover
def test_files_and_functions_stay_readable(trees: dict[Path, ast.Module]) -> None:
    lines = {source: len(source.read_text("utf-8").splitlines()) for source in SOURCES}
    assert {str(source): count for source, count in lines.items() if count > 500} == {}
    long = [
        f"{path}: {node.name}: {length} lines"
        for path, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or node.lineno) - node.lineno + 1) > 80
    ]
    assert not long


def contract(name: str) -> dict[str, Any]:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    (rule,) = (rule for rule in config["tool"]["importlinter"]["contracts"] if rule["name"] == name)
    return dict(rule)


def test_every_room_stands_on_one_side() -> None:
    """A new room joins serving, which the contract keeps free of torch, or learning."""
    rule = contract("Serving never imports learning")
    serving = {module.split(".")[1] for module in rule["source_modules"]}
    here = {path.stem for path in PACKAGE.iterdir() if path.suffix in ("", ".py")}
    joining = {"api", "cli", "experiments", "pipelines", "service", "tuning"}
    here -= joining | {"__init__", "__main__", "__pycache__"}
    learning = {"baselines", "export", "modeling", "tracking", "training", "vectors"}
    assert here == serving | (here & learning)


def test_transformers_and_peft_stay_in_modeling() -> None:
    """A new room joins the contract that keeps them out of all others."""
    rule = contract("Only modeling knows transformers and peft")
    without = {module.split(".")[1] for module in rule["source_modules"]}
    rooms = {path.stem for path in PACKAGE.iterdir() if path.suffix in ("", ".py")}
    assert rooms - without - {"__pycache__"} == {"modeling", "llm", "__init__", "__main__"}
    assert rule["forbidden_modules"] == ["peft", "transformers"]


def test_folders_stay_small() -> None:
    files = (path.relative_to(PACKAGE) for path in SOURCES)
    modules = Counter(path.parent for path in files if path.name != "__init__.py")
    assert {str(folder): count for folder, count in modules.items() if count > 16} == {}


def test_files_of_two_rooms_have_two_names() -> None:
    places = defaultdict(list)
    for path in SOURCES:
        if not path.stem.startswith("__"):
            places[path.stem].append(path)
    assert {stem for stem, paths in places.items() if len(paths) > 1} == set(STEMS)


@pytest.mark.no_cover
def test_public_names_have_one_meaning(trees: dict[Path, ast.Module]) -> None:
    places = defaultdict(set)
    for path, tree in trees.items():
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].add(path)
    shared = {name for name, paths in places.items() if len(paths) > 1}
    assert shared == set(NAMES)


def bindings(tree: ast.AST) -> Iterator[str]:
    """Names that are assigned to and names of arguments."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.MatchAs | ast.MatchStar) and node.name:
            yield node.name


@pytest.mark.no_cover
def test_bindings_are_nouns_of_the_domain(trees: dict[Path, ast.Module]) -> None:
    assert [
        f"{path}: {name}"
        for path, tree in trees.items()
        for name in bindings(tree)
        if name in VAGUE
    ] == []


@pytest.mark.no_cover
def test_no_test_imports_from_another() -> None:
    """What tests share stands in a file of its own: fixtures, samples, families."""
    assert [
        f"{path.relative_to(ROOT)}: {node.module}"
        for path in (ROOT / "tests").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom)
        for name in [*(node.module or "").split("."), *(alias.name for alias in node.names)]
        if name.startswith("test_")
    ] == []


@pytest.fixture(scope="module")
def built() -> object:
    """A part that is built once for several tests."""
    return object()


@pytest.mark.slow
@pytest.mark.usefixtures("built")
def test_tests_that_share_a_built_part_go_to_one_process(request: pytest.FixtureRequest) -> None:
    """`--dist loadgroup` reads it from the name; without it each process builds each part."""
    groups = bool(getattr(request.config.option, "loadgroup", False))
    assert request.node.nodeid.endswith("@test_package") == groups


def test_tests_have_the_rooms_of_the_package() -> None:
    rooms = {path.name for path in PACKAGE.iterdir() if path.is_dir()} - {"__pycache__"}
    folders = {path.parent.relative_to(ROOT / "tests") for path in ROOT.glob("tests/*/test_*.py")}
    suite = "behaviour"  # cases in files that people use; the test stands beside them
    assert {str(folder) for folder in folders} <= rooms | {suite}
