"""Votes of weak sources: estimated accuracies, combined labels, and what no source can say."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tests.cli.called import called

from guandian.domain import Labelled, Polarity, Quad, Span
from guandian.errors import GuandianError
from guandian.labelling.weak import ABSTAINED, LabelModel, Voter, combine_votes, vote_shares
from guandian.labelling.weak.voters import voters_of_rules

POSITIVE, NEGATIVE = Polarity.POSITIVE, Polarity.NEGATIVE


def cast(accuracies: list[float], coverage: float, total: int) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    """True classes, and votes of sources that are right so often and abstain else."""
    rng = np.random.default_rng(3)
    true = rng.integers(0, 2, total)
    right = rng.random((total, len(accuracies))) < accuracies
    votes = np.where(right, true[:, None], 1 - true[:, None])
    return true, np.where(rng.random(votes.shape) < coverage, votes, ABSTAINED)


def test_accuracies_are_found_without_a_label_and_good_sources_outvote_bad_ones() -> None:
    accuracies = [0.95, 0.9, 0.6, 0.55, 0.6]
    true, votes = cast(accuracies, 0.8, 3000)
    model = LabelModel.fit(votes, 2)
    assert model.converged and np.abs(model.accuracies - accuracies).max() < 0.04
    voted = (votes != ABSTAINED).any(1)
    by_model = (model.posterior(votes).argmax(1) == true)[voted].mean()
    by_most = (vote_shares(votes, 2).argmax(1) == true)[voted].mean()
    assert by_model > by_most + 0.05


def test_sources_that_never_meet_give_no_label() -> None:
    votes = np.full((6, 3), ABSTAINED)
    votes[np.arange(6), np.arange(6) % 3] = 1
    with pytest.raises(GuandianError, match="no two sources vote on the same review"):
        LabelModel.fit(votes, 2)


def test_sources_that_each_know_one_class_do_not_collapse() -> None:
    rng = np.random.default_rng(1)
    true = rng.integers(0, 2, 2000)
    votes = np.full((2000, 4), ABSTAINED)
    for source in range(4):
        own = source % 2
        votes[(rng.random(2000) < np.where(true == own, 0.5, 0.08)), source] = own
    voted = (votes != ABSTAINED).any(1)
    found = LabelModel.fit(votes, 3).posterior(votes)
    assert (found.argmax(1) == true)[voted].mean() > 0.85
    assert found[:, 2].max() < 1e-6, "a class that nobody votes for explains nothing"
    with pytest.raises(GuandianError, match="three"):
        LabelModel.fit(votes[:, :2], 3)


def test_opinions_are_voted_on_each_by_itself() -> None:
    texts = [f"屏幕很好{k}" for k in range(40)]
    right = Quad(Span(0, 2), Span(2, 4), "display", POSITIVE)
    wrong = Quad(None, Span(2, 4), "price", NEGATIVE)
    voters = [
        Voter("a", {}, dict.fromkeys(texts, (right,))),
        Voter("b", {}, dict.fromkeys(texts, (right,))),
        Voter("c", {}, dict.fromkeys(texts, (right, wrong))),
        Voter("silent", {texts[0]: POSITIVE}),
    ]
    records = [Labelled(text, text, "t") for text in [*texts, "没人读过"]]
    combined = combine_votes(voters, records, opinions=True)
    assert [record.quads for record in combined.records] == [(right,)] * 40
    assert combined.silent == 1 and len(combined.sources) == 3
    accuracy = {source.name: source.accuracy for source in combined.sources}
    assert accuracy["a"] > 0.9 > accuracy["c"]


def test_rules_vote_or_abstain(tmp_path: Path) -> None:
    file = tmp_path / "rules.toml"
    file.write_text(
        '[words]\npositive = ["满意"]\nnegative = ["不满意"]\n'
        '[end]\nlast = 2\nnegative = ["差"]\n[short]\nshorter_than = 4\npositive = ["好"]\n',
        "utf-8",
    )
    words, end, short = voters_of_rules(
        file, ["不满意", "很满意，就是快递差", "好", "满意但不满意"]
    )
    assert words.sentiments == {"不满意": NEGATIVE, "很满意，就是快递差": POSITIVE}
    assert end.sentiments == {"很满意，就是快递差": NEGATIVE} and short.sentiments == {
        "好": POSITIVE
    }
    for wrong in ("", "x = 1", "[a]\n", '[a]\npositiv = ["好"]', '[a]\npositive = [1]',
                  '[a]\nlast = 0\npositive = ["好"]', "[a"):  # fmt: skip
        file.write_text(wrong, "utf-8")
        with pytest.raises(GuandianError):
            voters_of_rules(file, ["好"])


def test_the_command_combines_files_and_rules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    texts = {f"{word}，{k}": side for word, side in (("好吃", "positive"), ("难吃", "negative"))
             for k in range(30)}  # fmt: skip
    for name, wrong in (("one", range(3)), ("two", range(25, 30))):
        rows = [
            {"id": str(k), "text": text, "sentiment": "positive" if k % 30 in wrong else side}
            for k, (text, side) in enumerate(texts.items())
        ]
        Path(f"{name}.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows), "utf-8")
    Path("gold.jsonl").write_text(
        "".join(
            json.dumps({"id": str(k), "text": text, "sentiment": side}) + "\n"
            for k, (text, side) in enumerate(texts.items())
        ),
        "utf-8",
    )
    Path("rules.toml").write_text('[taste]\npositive = ["好吃"]\nnegative = ["难吃"]\n', "utf-8")
    run = called("data", "combine", "one.jsonl", "two.jsonl", "--rules", "rules.toml", "-o",
                 "labels.jsonl", "--gold", "gold.jsonl", "--json", "figures.json")  # fmt: skip
    assert run.returncode == 0, run.stderr
    lines = [json.loads(line) for line in Path("labels.jsonl").read_text("utf-8").splitlines()]
    assert {row["text"]: row["sentiment"] for row in lines} == texts
    figures = json.loads(Path("figures.json").read_text("utf-8"))
    assert figures["check"]["label_model"]["share"] == 1
    by_name = {source["name"]: source for source in figures["sources"]}
    assert by_name["taste"]["accuracy"] > by_name["two"]["accuracy"]
    assert by_name["two"]["conflicts"] == pytest.approx(8 / 60)
    few = called("data", "combine", "one.jsonl", "two.jsonl", "-o", "others.jsonl")
    assert few.returncode and not Path("others.jsonl").exists()
