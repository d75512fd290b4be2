"""A language model that labels and is checked: by a scripted server and the shipped bundle."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from guandian.chat import Reply, ScriptedServer
from guandian.domain import Labelled, Mined, Opinion, Polarity, Review, Span
from guandian.errors import GuandianError
from guandian.mining.checked_miner import agreeing
from guandian.pipelines import open_miner, open_model
from guandian.pipelines.read_files import reads_of
from guandian.pipelines.teacher_labels import label_by_language_model, teacher_of_description
from guandian.recipes.recipe import parse_recipe
from guandian.recipes.sections import Part

GOOD, BAD = "屏幕很清晰，手感很好", "电池不耐用，太差了"


@pytest.fixture(autouse=True)
def loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def said(aspect: str | None, expression: str, polarity: str) -> dict[str, Any]:
    return {
        "aspect": aspect, "expression": expression, "category": "performance", "polarity": polarity
    }  # fmt: skip


def script(body: Mapping[str, Any]) -> Reply:
    """Right on one text, and on the other the wrong way round."""
    text = json.loads(body["messages"][-1]["content"])["review"]
    opinions = [said("屏幕", "很清晰", "positive"), said("手感", "很好", "positive")]
    if text == BAD:
        opinions = [said("电池", "不耐用", "positive"), said(None, "太差了", "negative")]
    sentiment = "positive" if text == GOOD else "negative"
    return Reply(json.dumps({"opinions": opinions, "sentiment": sentiment}, ensure_ascii=False))


def described(folder: Path, server: ScriptedServer, more: str = "") -> Path:
    path = folder / "teacher.toml"
    path.write_text(f'model = "m"\nendpoint = "{server.url}"\ncache = "kept"\n{more}')
    return path


def rows() -> list[Labelled]:
    return [Labelled(text, text, "own") for text in (GOOD, BAD)]


def test_a_text_is_labelled_where_our_model_agrees(tmp_path: Path) -> None:
    part = Part(corpus="x.jsonl", labelled_by="teacher.toml", surer=0.6)
    with ScriptedServer(script) as server:
        alone = teacher_of_description(described(tmp_path, server))
        every = label_by_language_model(alone, part, rows())
        checked = teacher_of_description(described(tmp_path, server, "[checker]\nleast = 0.1"))
        agreed = label_by_language_model(checked, part, rows())
        assert len(server.bodies) == 2  # the second time the kept answers are taken
    assert [len(row.quads or ()) for row in every] == [2, 2]
    by_text = {row.text: row for row in agreed}
    quads = by_text[GOOD].quads
    assert quads is not None
    assert [q.aspect and q.aspect.of(GOOD) for q in quads] == ["屏幕", "手感"]
    assert by_text[GOOD].sentiment is Polarity.POSITIVE
    assert by_text[BAD].quads is None  # the battery is not praised
    assert by_text[BAD].sentiment is Polarity.NEGATIVE


def test_what_the_checker_is_sure_of_must_not_be_lacking(tmp_path: Path) -> None:
    part = Part(corpus="x.jsonl", labelled_by="teacher.toml", labelled_for=("opinions",), surer=0.6)
    lacking = [said("屏幕", "很清晰", "positive")]
    answer = json.dumps({"opinions": lacking, "sentiment": "positive"}, ensure_ascii=False)
    with ScriptedServer([Reply(answer)]) as server:
        path = described(tmp_path, server, "[checker]\nleast = 0.1")
        assert label_by_language_model(teacher_of_description(path), part, rows()[:1]) == []


def test_a_checked_model_marks_or_drops_what_is_doubted(tmp_path: Path) -> None:
    reviews = [Review("1", BAD)]
    with ScriptedServer(script) as server:
        path = described(tmp_path, server, "[checker]\nleast = 0.1")
        (marked,) = open_model(path).miner.mine(reviews)
        path = described(tmp_path, server, '[checker]\nleast = 0.1\ndoubtful = "drop"')
        (dropped,) = open_model(path).miner.mine(reviews)
        assert open_model(path).key != open_model(described(tmp_path, server)).key
    assert marked.opinions[0].confidence < 0.1
    assert marked.opinions[1].confidence >= 0.1
    assert "1 opinions marked" in marked.warnings[-1]
    assert [o.polarity for o in dropped.opinions] == [Polarity.NEGATIVE]
    assert "1 opinions dropped" in dropped.warnings[-1]
    assert not dropped.fitted


def test_the_same_words_are_those_that_overlap() -> None:
    words = Opinion(
        Span(0, 2), Span(2, 5), Span(0, 5), "performance", Polarity.POSITIVE, 0.4, "屏幕很清晰"
    )
    elsewhere = replace(words, expression=Span(6, 8), confidence=0.9)
    other = replace(words, polarity=Polarity.NEGATIVE, confidence=0.9)
    unsaid = replace(words, expression=None, confidence=0.7)
    assert agreeing(words, [elsewhere, other]) == 0
    assert agreeing(words, [elsewhere, replace(words, expression=Span(3, 4))]) == 0.4
    assert agreeing(words, [unsaid]) == 0.7


def test_a_checker_tells_more_than_it_would_mine() -> None:
    miner = open_miner()
    path = Path(__file__).parents[2] / "data" / "guandian_written" / "dev.jsonl"
    texts = [json.loads(line)["text"] for line in path.read_text("utf-8").splitlines()[:20]]
    reviews = [Review(text, text) for text in texts]

    def number(mined: list[Mined]) -> int:
        return sum(len(row.opinions) for row in mined)

    assert number(miner.at(0.9).mine(reviews)) < number(miner.mine(reviews))
    assert number(miner.at(0.01).mine(reviews)) > number(miner.mine(reviews))


def test_a_teacher_without_kept_answers_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "teacher.toml"
    path.write_text('model = "m"\nendpoint = "http://127.0.0.1:1/v1"')
    with pytest.raises(GuandianError, match="keeps no answers"):
        teacher_of_description(path)
    path.write_text('model = "m"\nendpoint = "http://127.0.0.1:1/v1"\n[checker]\nlest = 1')
    with pytest.raises(GuandianError, match="did you mean 'least'"):
        teacher_of_description(path)


def test_a_recipe_reads_what_its_teacher_is_opened_from(tmp_path: Path) -> None:
    (tmp_path / "teacher.toml").write_text(
        'model = "m"\nendpoint = "http://127.0.0.1:1/v1"\ncache = "kept"\n[checker]\n'
    )
    recipe = parse_recipe(
        {
            "name": "r",
            "base": {"model": "guandian-small"},
            "data": [{"corpus": "x.jsonl", "labelled_by": "teacher.toml"}],
        }
    )
    assert tmp_path / "teacher.toml" in reads_of(recipe, tmp_path)
