"""`guandian summarise` and `guandian ask` from the command line."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.analyst.made_shop import made_reviews
from tests.cli.called import called

from guandian.chat import Reply, ScriptedServer
from guandian.files import open_writer


@pytest.fixture(scope="module")
def mined(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("mined") / "mined.jsonl"
    with open_writer(path) as writer:
        for review, answer in made_reviews(60):
            writer.write(review, answer)
    return path


def test_reviews_are_summed_up(mined: Path, tmp_path: Path) -> None:
    out, page = tmp_path / "out.json", tmp_path / "out.html"
    run = called("summarise", mined, "--json", out, "--html", page, language="en")
    assert run.returncode == 0, run.stderr
    content = json.loads(out.read_text("utf-8"))
    assert content["overview"]["reviews"] == 60 and content["writing"] is None
    for point in content["points"]:
        assert point["sentence"]["en"] in run.stdout and point["quotes"]
    assert content["points"][0]["quotes"][0]["text"] in page.read_text("utf-8")
    again = called("summarise", mined, "--json", out, language="en")
    assert again.returncode == 2 and "exists" in again.stderr
    nothing = called("summarise", mined, "--product", "Nova", language="zh")
    assert nothing.returncode == 2 and "没有剩下评论" in nothing.stderr


def test_one_opinion_without_an_aspect_is_told_as_one(tmp_path: Path) -> None:
    path = tmp_path / "mined.jsonl"
    review, answer = next(pair for pair in made_reviews(20) if pair[1].opinions)
    unnamed = replace(answer.opinions[0], aspect=None)
    with open_writer(path) as writer:
        writer.write(review, replace(answer, opinions=(unnamed,)))
    told = called("summarise", path, language="en").stdout
    assert "1 opinion without an aspect is in no point" in told


def test_a_store_is_summed_up_and_asked(mined: Path, tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    assert called("store", "load", mined, "--data", shop).returncode == 0
    run = called("summarise", "--store", shop, "--by", "category", "--points", 1, language="zh")
    assert run.returncode == 0 and "条评论给了差评" in run.stdout
    run = called("ask", "What do buyers complain about?", "--store", shop, language="en")
    assert run.returncode == 0 and run.stdout.startswith("share(polarity=negative; by=aspect)")
    run = called("ask", "Nova 9怎么样", mined, "--json", language="zh")
    assert json.loads(run.stdout)["refusal"]["words"] == "nova"
    run = called("ask", "?", mined, "--store", shop, language="en")
    assert run.returncode == 2 and "one of them" in run.stderr


def test_a_language_model_writes_and_chooses(mined: Path, tmp_path: Path) -> None:
    sentence = {"point": "p1", "text": "All of them love it.", "cites": ["q1"]}
    model = tmp_path / "model.toml"
    with ScriptedServer([Reply(json.dumps({"sentences": [sentence]}))]) as server:
        model.write_text(f'model = "scripted"\nendpoint = "{server.url}"\n')
        run = called("summarise", mined, "--model", model, language="en")
    assert run.returncode == 0, run.stderr
    assert "scripted: sentences kept: 0, dropped: number 1" in run.stdout
    with ScriptedServer([Reply('{"tool": "net"}')]) as server:
        model.write_text(f'model = "scripted"\nendpoint = "{server.url}"\n')
        run = called("ask", "Why?", mined, "--model", model, "--json")
    assert json.loads(run.stdout)["planner"] == "model"
