"""Errors of the Python API name its arguments, those of the command line its options."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

import guandian
from guandian.api import Model
from guandian.api.error_words import in_python
from guandian.cli.main import app
from guandian.errors import GuandianError

RECIPE = {
    "name": "own", "base": {"model": "guandian-small"}, "data": [{"corpus": "gone.jsonl"}],
}  # fmt: skip


@pytest.fixture(scope="module")
def model() -> Model:
    return guandian.open()


@pytest.mark.parametrize(
    ("option", "argument"),
    [
        ("say --resume to go on with it, or -o", 'say mode="resume" to go on with it, or folder='),
        ("choose another folder with -o", "choose another folder with folder="),
        ("name it with --columns text=NAME; say --no-header",
         'name it with columns={"text": NAME}; say header=False'),
        ("asked for with --columns time=)", 'asked for with columns={"time": NAME})'),
        ("for example --columns text=1", 'for example columns={"text": 1}'),
        ("read it: --columns 'text=评价,text=Q 7'", 'read it: columns={"text": ["评价", "Q 7"]}'),
        ("name it with --encoding utf-16-le", 'name it with encoding="utf-16-le"'),
        ("such as --time-format '%d/%m/%Y'", "such as time_format='%d/%m/%Y'"),
        ("give --delimiter or --format tsv", 'give delimiter= or format="tsv"'),
        ("name it: --set 'evaluation.corpora=[\"dev.jsonl\"]'",
         'name it: changes={"evaluation.corpora": ["dev.jsonl"]}'),
        ("run `guandian train R -o 'a b' --resume`",
         'run `guandian.train(R, folder="a b", mode="resume")`'),
        ("`guandian train RECIPE -o FOLDER --resume --precision float32`",
         '`guandian.train(RECIPE, folder=FOLDER, mode="resume", precision="float32")`'),
        ("again: `guandian train RECIPE -o runs/a --overwrite`",
         'again: `guandian.train(RECIPE, folder="runs/a", mode="overwrite")`'),
        ("what `guandian train` or `guandian evaluate --json` wrote",
         "what `guandian.train` or `guandian evaluate --json` wrote"),
        ("a well-known --root FOLDER", "a well-known root=FOLDER"),
        ("score on one set: --data FILE (with --format), or --corpus NAME with --root FOLDER",
         "score on one set: data=FILE (with format=)"),
        ("--precision float32", 'precision="float32"'),
        ("--on-error skip leaves it out", 'on_error="skip" leaves it out'),
        ("10 - 3 -- and 屏幕--很好", "10 - 3 -- and 屏幕--很好"),
    ],
)  # fmt: skip
def test_options_become_arguments(option: str, argument: str) -> None:
    assert in_python(option) == argument


def _run(model: Model, folder: Path) -> list[Callable[[], object]]:
    """What goes wrong in as many ways as it may."""
    (folder / "colours.csv").write_text("colour\ngreen😀\n", encoding="utf-8")
    (folder / "latin.csv").write_bytes(b"text\n\xff\xff\xff\n")
    (folder / "days.csv").write_text("text,time\n好,1/2/2026\n", encoding="utf-8")
    (folder / "some.html").write_text("there", encoding="utf-8")
    return [
        lambda: model.mine_file(folder / "colours.csv"),
        lambda: model.mine_file(folder / "colours.csv", columns={"text": "none"}),
        lambda: model.mine_file(folder / "latin.csv"),
        lambda: model.mine_file(folder / "days.csv", time_format="%d"),
        lambda: model.mine_file(folder / "gone.odt"),
        lambda: model.mine(["好"]).summary().save(folder / "some.html"),
        lambda: guandian.train(RECIPE, folder, folder / "run"),
        lambda: guandian.train(RECIPE, folder, folder),
        lambda: guandian.compare(folder),
        lambda: guandian.compare("guandian-small"),
        lambda: guandian.run(folder),
    ]


def test_python_speaks_python(model: Model, tmp_path: Path) -> None:
    for call in _run(model, tmp_path):
        with pytest.raises(GuandianError) as told:
            call()
        plain = re.sub("`[^`]*`", "", str(told.value))
        assert not re.search(r"(?<!\w)(--[a-z]|-o\b)", plain), plain
    with pytest.raises(GuandianError, match=r'name it with columns=\{"text": NAME\}'):
        model.mine_file(tmp_path / "colours.csv")
    with pytest.raises(GuandianError, match="overwrite=True"):
        model.mine(["好"]).summary().save(tmp_path / "some.html")


def test_the_command_line_speaks_options(tmp_path: Path) -> None:
    (tmp_path / "colours.csv").write_text("colour\ngreen😀\n", encoding="utf-8")
    with pytest.raises(GuandianError, match="--columns text=NAME"):
        CliRunner().invoke(app, ["mine", str(tmp_path / "colours.csv")], catch_exceptions=False)
