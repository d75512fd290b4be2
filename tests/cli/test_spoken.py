"""Whatever goes wrong is told in one language: every command line of failing.txt fails."""

from __future__ import annotations

import io
import json
import shlex
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

import guandian
from guandian.cli import main as cli
from guandian.wording import VARIABLE

from .failing_files import write_files
from .spoken import HAN, english_in

ROOT = Path(__file__).resolve().parent.parent.parent
CALLS = Path(__file__).with_name("failing.txt").read_text("utf-8").splitlines()


Told = dict[str, str]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Told]]:
    """What each command line tells, by language."""
    folder = tmp_path_factory.mktemp("failing")
    found = guandian.open().mine("The battery dies fast.").to_dict()
    write_files(folder, json.dumps(found) + "\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        yield {
            language: {call: _told(call, language, patch) for call in CALLS}
            for language in ("zh", "en")
        }


def _told(call: str, language: str, patch: pytest.MonkeyPatch) -> str:
    patch.setenv(VARIABLE, language)
    patch.setattr(sys, "argv", ["guandian", *shlex.split(call.replace("{root}", str(ROOT)))])
    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(out), pytest.raises(SystemExit) as left:
        cli.main()
    return f"exit {left.value.code}\n{out.getvalue()}"


def test_every_one_fails(told: dict[str, Told]) -> None:
    for each in told.values():
        done = [f"{call}\n{words}" for call, words in each.items()]
        assert [one for one in done if "\nexit 2\n" not in one] == []


def test_every_failure_is_told_in_english_alone(told: dict[str, Told]) -> None:
    assert [f"{call}\n{words}" for call, words in told["en"].items() if HAN.search(words)] == []


def test_every_failure_is_told_in_chinese_alone(told: dict[str, Told]) -> None:
    mixed = {call: english_in(words) for call, words in told["zh"].items()}
    assert {call: found for call, found in mixed.items() if found} == {}
    assert [call for call, words in told["zh"].items() if not HAN.search(words)] == []


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            "evaluate guandian-small done.jsonl",
            "done.jsonl holds mined reviews: what a model found, and no labels\n"
            "  to score it, name it first, in the model's place: guandian evaluate done.jsonl",
        ),
        ("train mined.toml --dry-run", "done.jsonl holds mined reviews"),
        ("evaluate guandian-small good.csv", "data convert good.csv -o labelled.jsonl"),
        ("evaluate guandian-small table.xlsx", "data convert table.xlsx -o labelled.jsonl"),
        ("evaluate labelled.jsonl labelled.jsonl", "evaluate guandian-small labelled.jsonl"),
        (
            "report done.jsonl --since 2025-01-01",
            "has a day that --since or --until could ask for\n  mine the reviews again",
        ),
        ("mine xlsx.csv -o o.jsonl", "is an Excel workbook or a zip archive, not text"),
        ("mine pdf.csv -o o.jsonl", "is a PDF document, not text\n  give the reviews as CSV"),
        ("train folder/none.toml", "no recipe at folder/none.toml\n  no recipe is in that folder"),
        ("mine good.csv -o a.jsonl -o b.csv", "--out takes one value, and is given twice\n  give"),
        ("train recipe.toml --dry-run --root a --root b", "--root takes one value, and is given"),
        ("report done.jsonl --corrected --as-found", "--corrected and --as-found exclude each"),
        ("tune recipe.toml --no-pruning --pruning", "--pruning and --no-pruning exclude each"),
        ("report done.jsonl -o p.pdf", "p.pdf: what is written there ends in .html\n  name it p.h"),
        ("evaluate done.jsonl labelled.jsonl --html p.json", "ends in .html\n  name it p.html"),
        ("evaluate done.jsonl labelled.jsonl --json p", "ends in .json\n  name it p.json"),
        ("runs compare a b --html p.txt", "ends in .html\n  name it p.html"),
        ("data agree labelled.jsonl good.csv --json p.csv", "ends in .json\n  name it p.json"),
        ("data doubts labelled.jsonl -o p.xlsx", "ends in .csv\n  name it p.csv"),
        ("report empty.jsonl", "empty.jsonl holds no review\n  mine some into it"),
        ("aspects empty.jsonl", "empty.jsonl holds no review\n  mine some into it"),
        ("data check empty.jsonl", "empty.jsonl holds no labelled review\n  name the format"),
        ("data check gone.jsonl", "no file gone.jsonl"),
        ("report mined0.jsonl", "id is missing\n  name a file that `guandian mine FILE -o OUT"),
        ("report cut.jsonl", "cut.jsonl, line 1, column 8: not a mined review: not JSON: Expecti"),
        ("report cut.jsonl", "\n  the file is cut or damaged there: mine it again, or take that"),
        ("mine object.json -o o.jsonl", "its rows have no column\n  write an object for each"),
        ("mine null.json -o o.jsonl", "line 1: not an object with a text but null\n  write"),
        ("mine scalar.json -o o.jsonl", "line 1: not an object with a text but a number\n  "),
        ("mine good.csv --text x", "files are named too\n  leave out --text, or the files"),
        ("tokenize good.csv --text x", "a file is named too\n  leave out --text, or the file"),
        ("report done.jsonl --since yesterday", "'yesterday' is no day such as 20"),
        (
            "report done.jsonl --since 2025-01-01 --until 2024-01-01",
            "no day is from 2025-01-01 on and until 2024-01-01\n  exchange the days",
        ),
        ("mine good.csv -o o.jsonl --columns text=txt", "did you mean 'text'? its columns: text,"),
        ("mine two.xlsx -o o4.jsonl --sheet nosuch", "its sheets: Sheet, Hidden (hidden)"),
        (
            "train leave.toml --root {root} --dry-run",
            "data.leave_out: guandian-written has no group 'air-frier'\n"
            "  did you mean 'air-fryers'? its groups: ",
        ),
        (
            "train recipe.toml --set customs=make-up --dry-run",
            "recipe.toml: customs takes a list, found 'make-up'\n"
            "  write for example customs = ['guandian']; known: guandian, zhijiang",
        ),
        (
            "train recipe.toml --set 'customs=[\"makeup\"]' --dry-run",
            "customs: 'makeup' is no set's\n  did you mean 'zhijiang'? known: ",
        ),
        (
            "train recipe.toml --set data= --dry-run",
            "recipe.toml: data takes a list, found ''\n"
            '  write for example data = [ { corpus = "labelled.jsonl" } ]',
        ),
        ("train recipe.toml --set epochs=3 --dry-run", "did you mean 'optimisation.epochs'?"),
        ("train recipe.toml --set optimisation.epoch=3 --dry-run", "did you mean 'epochs'?"),
        ("train recipe.toml --set seed=a --dry-run", "seed takes a whole number, found 'a'"),
        ("train recipe.toml --set optimisation=3 --dry-run", "such as optimisation.accumulate;"),
        ("train recipe.toml --set categories=foo --dry-run", "choose one of: default, own"),
        ("train recipe.toml --set method.kind=lroa --dry-run", "did you mean 'lora'? known: "),
        ("train recipe.toml --set base.model= --dry-run", "base.model is empty"),
        ("train recipe.toml --set =3 --dry-run", "--set takes key=value, got '=3'"),
        ("train corpus.toml --root {root} --dry-run", "did you mean 'waimai'?"),
    ],
)
def test_a_failure_names_what_was_given_and_what_is_allowed(
    call: str, words: str, told: dict[str, Told]
) -> None:
    assert words in told["en"][call]
