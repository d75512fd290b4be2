"""Headlines: topic by seeds, sentiment by the head that ships, and what corrections change."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path

import pytest
from typer.testing import CliRunner

from guandian.cli.main import app
from guandian.domain import Polarity, Review
from guandian.errors import GuandianError
from guandian.files import read_mined
from guandian.mining.headlines import HeadlineMiner, LinearHead, read_topics
from guandian.mining.headlines.head_learning import learn_head
from guandian.mining.headlines.headline_text import clauses_of, company_of, said_of
from guandian.mining.headlines.topics import read_sides

WRITTEN = {
    "云岭医药：预计上半年亏损1.2亿元": ("earnings", "negative"),
    "瑞丰能源：上半年净利同比增35%": ("earnings", "positive"),
    "安金重工：3亿元公司债券未能按期兑付": ("debt", "negative"),
    "川星材料：收到交易所监管函": ("regulation", "negative"),
    "恒远股份：因涉嫌信息披露违法被立案调查": ("fraud", "negative"),
    "青禾食品：董事长辞职": ("management", "negative"),
    "泰安材料：生产车间发生火灾🔥，损失约800万元": ("accident", "negative"),
    "星河电子：拟6亿元收购海川科技51%股权": ("merger", "positive"),
    "海川科技：股东拟减持不超3%股份": ("market", "negative"),
    "金穗股份：中标2.3亿元轨道交通项目": ("business", "positive"),
}


@pytest.fixture(scope="module")
def miner() -> HeadlineMiner:
    return HeadlineMiner.open()


def test_seeds_and_the_shipped_head_tell_written_headlines(miner: HeadlineMiner) -> None:
    reviews = [Review(str(k), text, time="2026-03-02") for k, text in enumerate(WRITTEN)]
    answers = list(miner.mine(reviews))
    told = [(its.opinions[0].category, str(its.opinions[0].polarity)) for _, its in answers]
    assert told == list(WRITTEN.values())
    for shares in (miner.topic_shares(list(WRITTEN)), miner.side_shares(list(WRITTEN))):
        assert shares.sum(1) == pytest.approx(1.0)
    for review, mined in answers:
        (opinion,) = mined.opinions
        assert opinion.aspect is not None
        assert opinion.aspect.of(review.text) == review.brand == review.text.split("：")[0]
        assert opinion.evidence.of(review.text) == review.text
        assert review.product is None
        assert mined.sentiment.label is opinion.polarity
        assert not mined.fitted


def test_a_named_company_is_the_aspect_wherever_it_stands(miner: HeadlineMiner) -> None:
    text = "  😀交易所问询海川科技  "
    ((review, mined),) = miner.mine([Review("1", text, product="海川科技")])
    (opinion,) = mined.opinions
    assert opinion.aspect is not None
    assert (opinion.aspect.of(text), opinion.evidence.of(text)) == ("海川科技", text.strip())
    assert (review.product, review.brand) == (None, "海川科技")
    ((_, empty),) = miner.mine([Review("2", "  ")])
    assert not empty.opinions
    assert empty.warnings


def test_companies_and_amounts_are_not_read() -> None:
    assert company_of("大连港(2880.HK)：增持") == (0, 3)
    assert company_of("一季报净利，增三成：分析") is None
    assert said_of("中标股份：亏损1.2亿元") == "亏损1.2亿元"
    assert clauses_of("净利3.2亿元，同比增45.2%；拟10派3元") == ["净利", "同比增", "拟派"]


def test_corrections_move_topics_and_are_learned_alike_twice(
    miner: HeadlineMiner, tmp_path: Path
) -> None:
    texts = [f"{name}：推出全新旗舰店{k}号" for k, name in enumerate(["海川", "云岭", "金穗"] * 4)]
    keys = [topic.key for topic in miner.topics]
    before = [keys[k] for k in miner.topic_shares(texts).argmax(1)]
    assert "other" not in before
    head = learn_head(texts, ["other"] * len(texts), keys, miner.scores(texts))
    head.save(tmp_path / "topics.safetensors")
    again = learn_head(texts, ["other"] * len(texts), keys, miner.scores(texts))
    assert head.digest == again.digest == LinearHead.open(tmp_path / "topics.safetensors").digest
    learned = HeadlineMiner.open(topics=tmp_path / "topics.safetensors")
    shares = learned.topic_shares(["恒远：推出全新旗舰店9号", "恒远：股东拟减持不超3%股份"])
    assert [keys[k] for k in shares.argmax(1)] == ["other", "market"]
    assert learned.model != miner.model


def test_a_head_of_other_classes_is_refused(miner: HeadlineMiner, tmp_path: Path) -> None:
    with pytest.raises(GuandianError, match="the head tells negative, positive"):
        HeadlineMiner(read_topics("finance"), learned=miner.sentiment)
    (tmp_path / "head").write_bytes(b"no head")
    with pytest.raises(GuandianError, match="is no head of headlines"):
        LinearHead.open(tmp_path / "head")


@pytest.mark.parametrize(
    "words", ["", "[a]\nseeds = ['x']", "[a]\nseeds = 1\n[b]\nseeds = ['x']", "a = [", "[a]\nx = 1"]
)
def test_files_that_are_no_topics_are_refused(tmp_path: Path, words: str) -> None:
    path = tmp_path / "topics.toml"
    path.write_text(words, "utf-8")
    with pytest.raises(GuandianError, match="is no taxonomy of topics"):
        read_topics(path)
    with pytest.raises(GuandianError, match="there is no taxonomy"):
        read_topics(tmp_path / "nothing.toml")


def test_seeds_of_topics_are_their_own(miner: HeadlineMiner) -> None:
    for topics in (miner.topics, read_sides()):
        seeds = [seed for topic in topics for seed in topic.seeds]
        assert len(seeds) == len(set(seeds))
        assert all(topic.zh and topic.en for topic in topics)


def test_commands_mine_and_learn(tmp_path: Path) -> None:
    table = tmp_path / "news.csv"
    lines = [f"2026年3月2日,{text.split('：')[0]},{text}" for text in WRITTEN]
    table.write_text("\n".join(["日期,公司,标题", *lines, ""]), "utf-8")
    runner, out = CliRunner(), tmp_path / "mined.jsonl"
    columns = ["--columns", "text=标题", "--columns", "time=日期", "--columns", "product=公司"]
    result = runner.invoke(app, ["headlines", "mine", str(table), "-o", str(out), *columns])
    assert result.exit_code == 0, result.output
    pairs = list(read_mined(out))
    assert [mined.opinions[0].category for _, mined in pairs] == [t for t, _ in WRITTEN.values()]
    assert {review.time for review, _ in pairs} == {"2026-03-02"}
    broken, rejects = tmp_path / "broken.csv", tmp_path / "rejects.jsonl"
    broken.write_text(f"{table.read_text('utf-8')}2026年3月2日,某公司,净利下降,多一格\n", "utf-8")
    call = ["headlines", "mine", str(broken), "-o", str(out), "--overwrite", *columns]
    assert runner.invoke(app, call).exit_code != 0
    result = runner.invoke(app, [*call, "--rejects", str(rejects)])
    assert result.exit_code == 0, result.output
    assert len(list(read_mined(out))) == len(WRITTEN)
    assert "净利下降" in rejects.read_text("utf-8")
    labels = tmp_path / "corrected.jsonl"
    rows = [
        {"text": text, "quads": [{"aspect": None, "expression": None, "category": topic,
                                  "polarity": side}]}
        for text, (topic, side) in WRITTEN.items()
    ]  # fmt: skip
    labels.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    for what in ("topics", "sentiment"):
        head = tmp_path / f"{what}.safetensors"
        arguments = ["headlines", "learn", str(labels), "-o", str(head), "--what", what]
        result = runner.invoke(app, arguments)
        assert result.exit_code == 0, result.output
        heads = ["--overwrite", f"--{what}", str(head)]
        result = runner.invoke(
            app, ["headlines", "mine", str(table), "-o", str(out), *columns, *heads]
        )
        assert result.exit_code == 0, result.output
        assert [mined.sentiment.label for _, mined in read_mined(out)] == [
            Polarity(side) for _, side in WRITTEN.values()
        ]


@pytest.mark.slow
def test_held_out_headlines_are_told_and_labelled_topics_too(
    shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "bench")
    bench = import_module("headlines")
    news = bench.read_news(shared / "data" / "zh_financial_news" / "news_seed.xlsx")
    parts = bench.sentiment(news)
    assert min(parts[name]["accuracy"] for name in parts if name != "seeds alone") > 0.94
    tables = bench.topics(news, 0)
    assert tables["seeds, test"]["chosen"] > 0.87
    assert tables["learned from 400, test"]["chosen"] > 0.93
