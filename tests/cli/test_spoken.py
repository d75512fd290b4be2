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
        ("report done.jsonl --since yesterday", "'yesterday' is no day such as 20"),
        (
            "report done.jsonl --since 2025-01-01 --until 2024-01-01",
            "has a day that --since or --until could ask for",
        ),
        ("mine good.csv -o o.jsonl --text-column txt", "did you mean 'text'? its columns: text,"),
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
