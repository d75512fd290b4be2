"""Planted label errors are found, shown with their review, and told from what is right."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.tiny_base import reviews
from typer.testing import CliRunner

from guandian.cli.main import app
from guandian.data import write_own
from guandian.domain import Labelled, Polarity, Quad, Span
from guandian.labelling.label_errors import Doubted, find_doubts
from guandian.pipelines import open_miner
from guandian.tasks.label_probabilities import beliefs

OTHER = {Polarity.POSITIVE: Polarity.NEGATIVE, Polarity.NEGATIVE: Polarity.POSITIVE}


def planted() -> tuple[list[Labelled], set[str]]:
    """The project's own reviews; every tenth has its first polarity turned."""
    found, wrong = [], set()
    for place, record in enumerate(reviews()):
        quads = record.quads or ()
        if place % 10 == 0 and quads and quads[0].polarity in OTHER:
            quads = (replace(quads[0], polarity=OTHER[quads[0].polarity]), *quads[1:])
            wrong.add(record.id)
        found.append(replace(record, quads=quads))
    return found, wrong


@pytest.fixture(scope="module")
def doubted() -> Doubted:
    miner = open_miner(threads=1)
    return find_doubts(miner.reader, miner.labels.spec.categories, planted()[0])


def test_turned_polarities_that_the_model_is_sure_of_are_at_the_top(doubted: Doubted) -> None:
    """Where it is not sure, or reads the review wrongly itself, nothing can be said."""
    records, wrong = planted()
    turned = [record for record in records if record.id in wrong]
    thought = beliefs(open_miner(threads=1).reader, turned)
    sure = {r.id for r, b in zip(turned, thought, strict=True) if b.polarity[0].max() > 0.9}
    found = [each.record.id for each in doubted.doubts if each.kind == "polarity"]
    assert len(sure) == 6
    unsurer = {"q11"}  # read rightly at 0.97, which is less than the mean of praise: no doubt
    assert sure - unsurer <= {*found[: len(wrong)]}
    assert len({*found} & wrong) == 5
    assert len(found) < len(records) / 4
    assert [each.score for each in doubted.doubts] == sorted(each.score for each in doubted.doubts)
    assert doubted.looked_at["polarity"] == doubted.looked_at["category"]
    assert doubted.unread == {"polarity": 1}  # an opinion without words of its own
    for each in doubted.doubts:
        assert each.given != each.suggested
        assert each.span is None or each.span.end <= len(each.record.text)


def test_what_a_model_thinks_of_a_text_with_an_emoji_and_of_a_long_one() -> None:
    miner = open_miner(threads=1)
    quad = Quad(Span(1, 3), Span(3, 6), "performance", Polarity.POSITIVE)
    record = Labelled("1", "😀屏幕很清晰", "own", quads=(quad,))
    long = replace(record, text=record.text + "，快递昨天到的" * 60)
    short, windowed = beliefs(miner.reader, [record, long])
    (polarity,) = short.polarity.values()
    assert polarity.argmax() == 2
    assert polarity.sum() == pytest.approx(1)
    inside = short.inside["aspect"]
    starts = short.encoded.starts
    assert [int(s) for s, p in zip(starts, inside, strict=True) if p > 0.5] == [1, 2]
    assert len(windowed.inside["aspect"]) == len(windowed.encoded)
    assert windowed.polarity.keys() == {0}
    assert beliefs(miner.reader, [replace(record, text=" ", quads=())])[0].polarity == {}


def test_what_is_not_looked_at_is_told() -> None:
    miner = open_miner(threads=1)
    quad = Quad(Span(1, 3), Span(3, 6), "performance", Polarity.POSITIVE)
    record = Labelled("1", "😀屏幕很清晰", "own", quads=(quad,), labels={"rating": 4})
    records = [replace(record, id=str(place)) for place in range(4)]
    found = find_doubts(miner.reader, miner.labels.spec.categories, records)
    assert found.doubts == ()
    assert found.few == {"polarity": 4, "category": 4}
    assert found.looked_at == {"aspect": 24, "expression": 24}
    assert found.unread == {"labels.rating": 4}


def test_the_command_shows_them_with_their_review(tmp_path: Path) -> None:
    records = planted()[0][:24]
    write_own([replace(records[0], id="=1"), *records[1:]], tmp_path / "in.jsonl")
    out = tmp_path / "doubts.csv"
    args = ["data", "doubts", str(tmp_path / "in.jsonl"), "--kind", "polarity", "-o", str(out)]
    done = CliRunner().invoke(app, args)
    assert done.exit_code == 0, done.output
    assert "极性 polarity: 负面 negative → 正面 positive" in done.output
    assert "【" in done.output
    rows = list(csv.DictReader(out.read_text("utf-8-sig").splitlines()))
    assert {row["kind"] for row in rows} == {"polarity"}
    assert all(row["words"] in row["text"] for row in rows)
    assert not any(row["id"].startswith("=") for row in rows)
    wrong = CliRunner().invoke(app, [*args[:3], "--kind", "taste"])
    assert "there are: aspect, category, expression, polarity" in str(wrong.exception)
    (tmp_path / "in.jsonl").write_text(json.dumps({"txt": "😀"}), "utf-8")
    none = CliRunner().invoke(app, args[:3])
    assert "holds no labelled review" in str(none.exception)
