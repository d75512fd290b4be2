"""`guandian recommend`, from files to lists and figures."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.recommend.shops import shop
from typer.testing import CliRunner

from guandian.cli.main import app
from guandian.recommend.behaviour.actions import KINDS


@pytest.fixture
def behaviour(tmp_path: Path) -> Path:
    data = shop(users=60, items=40)
    said: dict[int, list[str]] = {}
    for action, aspect, sign in zip(
        data.marks.action, data.marks.aspect, data.marks.sign, strict=True
    ):
        said.setdefault(int(action), []).append(
            f"{data.marks.aspects[aspect]}:{'+' if sign > 0 else '-'}"
        )
    rows = [
        f"{data.users[data.user[k]]},{data.items[data.item[k]]},{KINDS[data.kind[k]]},"
        f"{data.value[k]:g},{int(data.time[k])},{' '.join(said[k])}"
        for k in range(len(data))
    ]
    lines = ["user,item,kind,value,time,aspects", *rows]
    path = tmp_path / "behaviour.csv"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def run(*words: object) -> str:
    done = CliRunner().invoke(app, ["--language", "en", "recommend", *map(str, words)])
    assert done.exit_code == 0, done.exception or done.output
    return done.stdout


def test_data_to_lists_through_a_folder(behaviour: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    out = run("build", "--data", behaviour, "-o", folder)
    assert "60 users, 40 items" in out
    lines = run("--model", folder, "--user", "u1", "-n", 3, "--json").splitlines()
    rows = [json.loads(line) for line in lines]
    assert [row["place"] for row in rows] == [1, 2, 3] and rows[0]["for"] == "u1"
    straight = run("--data", behaviour, "--user", "u1", "-n", 3, "--json").splitlines()
    assert straight == lines
    shown = run("--model", folder, "--user", "u1", "--user", "nobody", "--like", "i1")
    assert "nothing is known of this user" in shown and " praise, " in shown
    without = tmp_path / "without"
    run("build", "--data", behaviour, "-o", without, "--without-user", "u1")
    assert '"u1"' not in (without / "recommender.json").read_text("utf-8")


def test_figures_stand_beside_controls(behaviour: Path, tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    shown = run("evaluate", "--data", behaviour, "--json", figures)
    for words in ("held out by time", "plain hybrid", "without opinions", "shuffled opinions"):
        assert words in shown
    record = json.loads(figures.read_text("utf-8"))
    assert record["by_time"] is True and record["systems"][0]["name"] == "ours"
    assert all(0 <= row["ndcg"]["value"] <= 1 for row in record["systems"])
    assert record["splits"] == 1 and "no ranker: too few lessons" in shown
    pooled = run("evaluate", "--data", behaviour, "--splits", 2, "--no-controls")
    assert "2 splits" in pooled and "shuffled opinions" not in pooled
    assert " BPR " not in shown


def test_bpr_stands_beside_the_others_for_who_asks(behaviour: Path, tmp_path: Path) -> None:
    folder, figures = tmp_path / "model", tmp_path / "figures.json"
    run("build", "--data", behaviour, "-o", folder, "--bpr")
    assert "bpr" in json.loads((folder / "recommender.json").read_text("utf-8"))["factors"]
    assert run("--model", folder, "--user", "u1", "-n", 3)
    shown = run("evaluate", "--data", behaviour, "--bpr", "--json", figures)
    assert " BPR " in shown and "without BPR" in shown
    rows = {row["name"]: row for row in json.loads(figures.read_text("utf-8"))["systems"]}
    for name in ("bpr", "without BPR"):
        ends = rows[name]["ndcg"]
        assert 0 <= ends["low"] <= ends["value"] <= ends["high"] and rows[name]["gain"]
        assert [*rows[name]["by_stratum"]] == ["rare", "middling", "popular"]


def test_a_model_takes_news_in_and_forgets(behaviour: Path, tmp_path: Path) -> None:
    folder, fresh, news = tmp_path / "model", tmp_path / "fresh", tmp_path / "news.csv"
    run("build", "--data", behaviour, "-o", folder)
    news.write_text("user,item,kind,value,time\nnew,i3,rating,5,1710000000\n")
    assert "61 users, 40 items" in run("update", folder, "--data", news, "-o", fresh)
    assert "nothing is known" not in run("--model", fresh, "--user", "new")
    assert "nothing is known" in run("--model", folder, "--user", "new")
    assert "all was learnt anew" in run("update", fresh, "--without-user", "new")
    assert "nothing is known" in run("--model", fresh, "--user", "new")
    done = CliRunner().invoke(app, ["recommend", "update", str(fresh)])
    assert done.exception and "nothing new" in str(done.exception)


def test_a_log_of_impressions(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    rows = [f"{k % 4},{int(k % 20 == 0)},0.25" for k in range(400)]
    log.write_text("\n".join(["item,click,propensity", *rows]) + "\n")
    shown = run("policy", log)
    assert shown.count("0.05000") >= 3  # both policies show all equally often
    log.write_text("item,click,propensity\na,1,0\n")
    done = CliRunner().invoke(app, ["recommend", "policy", str(log)])
    assert done.exception and "is no chance above 0" in str(done.exception)


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ([], "nobody is named"),
        (["--user", "u"], "there is no behaviour"),
        (["--model", "m", "--data", "d", "--user", "u"], "would do nothing"),
        (["--user", "u", "--only", "brand"], "names no value"),
        (["--user", "u", "--model", "nowhere"], "is no recommender"),
    ],
)
def test_what_cannot_be_is_told(words: list[str], problem: str) -> None:
    done = CliRunner().invoke(app, ["recommend", *words])
    assert done.exception and problem in str(done.exception)
