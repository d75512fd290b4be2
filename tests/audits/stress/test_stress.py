"""What turns an answer is found, what holds is counted, a certificate keeps its promise."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from tests.cli.called import called
from tests.cli.trainings import RECIPE
from tests.tiny_base import reviews, write_base

from guandian.audits.stress.aspect_robustness import aspect_rows, aspect_targets
from guandian.audits.stress.certificate import Smoothing, certified_share, certify
from guandian.audits.stress.greedy_attack import Effort, attack_all
from guandian.audits.stress.judges import OpinionJudge, SentimentJudge
from guandian.audits.stress.rounds import alternate
from guandian.data import load, read, write_own
from guandian.domain import Labelled, Polarity, Quad, Sentiment, Span
from guandian.evaluation import PlainAnswer
from guandian.evaluation.intervals.exact import lower_bound
from guandian.text.cleaning import CLEANERS, Cleaner, clean
from guandian.text.disguises.restoring import restoring

ROOT = Path(__file__).parent.parent.parent.parent
GOOD, BAD = Polarity.POSITIVE, Polarity.NEGATIVE


class WordRule:
    """A system that reads words: good ones speak for the positive, bad ones against it."""

    def __init__(self, cleaners: Sequence[Cleaner] = CLEANERS) -> None:
        self.cleaners = cleaners
        self.read = 0

    def predict(self, texts: Sequence[str]) -> list[PlainAnswer]:
        self.read += len(texts)
        return [self._answer(text) for text in texts]

    def _answer(self, raw: str) -> PlainAnswer:
        text, alignment = clean(raw, self.cleaners)
        sides = {GOOD: ("不错", "喜欢", "很好"), BAD: ("难吃", "很差", "失望")}
        places = [
            (alignment.to_raw(Span(at, at + 2)), polarity)
            for polarity, words in sides.items()
            for word in words
            for at in range(len(text))
            if text.startswith(word, at)
        ]
        lean = sum(1 if polarity is GOOD else -1 for _, polarity in places)
        share = 1 / (1 + math.exp(-lean - 0.1))
        label = GOOD if lean >= 0 else BAD
        opinions = tuple(Quad(None, span, None, polarity) for span, polarity in places)
        return PlainAnswer(opinions, Sentiment(label, 1 - share, 0.0, share))


def review(number: int, text: str, polarity: Polarity, *words: str) -> Labelled:
    spans = [Span(text.index(word), text.index(word) + len(word)) for word in words]
    quads = tuple(Quad(None, span, None, polarity) for span in spans)
    return Labelled(str(number), text, "own", quads=quads, sentiment=polarity)


BADLY = [
    review(1, "送来的米饭真难吃，再也不来", BAD, "难吃"),
    review(2, "等了两个小时，服务很差😡", BAD, "很差"),
    review(3, "对这家店非常失望，还很难吃", BAD, "失望", "难吃"),
]
WRONG = review(4, "慢得要命，不会再点", BAD)
WELL = review(5, "味道不错", GOOD, "不错")


def test_a_search_turns_what_hangs_on_one_word_within_its_budget() -> None:
    rule = WordRule()
    effort = Effort(queries=60)
    summary, attacks = attack_all(SentimentJudge(rule, binary=True), [*BADLY, WRONG, WELL], effort)
    assert (summary.records, summary.right, summary.turned) == (5, 4, 2)
    by_id = {attack.record.id: attack for attack in attacks}
    assert by_id["1"].turned and by_id["2"].turned and "4" not in by_id
    assert not by_id["3"].turned, "two words stand, and 15 % of 13 characters are one"
    for attack in attacks:
        assert attack.queries <= effort.queries
        assert attack.changed <= effort.characters(attack.record.text)
        assert attack.copy.sentiment is attack.record.sentiment
    changed = by_id["2"].copy
    (quad,) = changed.quads or ()
    assert quad.expression and quad.expression.of(changed.text) != "很差"
    assert changed.text.endswith("😡")
    assert summary.accuracy == 4 / 5 and summary.robust_accuracy == 2 / 5


def test_a_search_may_be_held_to_some_ways_of_writing() -> None:
    judge = SentimentJudge(WordRule(), binary=True)
    summary, attacks = attack_all(judge, BADLY, Effort(names=frozenset({"zero-width"})))
    assert summary.turned == 0, "what nobody sees is cleaned away"
    assert all(attack.copy == attack.record for attack in attacks)
    summary, attacks = attack_all(judge, BADLY[:2], Effort(names=frozenset({"pinyin"})))
    assert summary.turned == 2 and all(attack.kinds == {"pinyin"} for attack in attacks)


def test_opinions_count_as_turned_when_half_of_those_found_are_lost() -> None:
    judge = OpinionJudge(WordRule())
    before = judge.strength(BADLY)
    assert [round(float(value)) for value in before] == [1, 1, 2]
    summary, _ = attack_all(judge, BADLY, Effort())
    assert summary.turned == 3
    assert judge.share_right([*BADLY, WELL]) == 1
    assert judge.strength([WRONG])[0] == 0 < judge.limit(0)


def test_a_defence_that_writes_words_back_is_attacked_in_its_turn() -> None:
    rounds = [
        step
        for step, _ in alternate(
            lambda kinds: SentimentJudge(
                WordRule(restoring(kinds) if kinds else CLEANERS), binary=True
            ),
            BADLY[:2],
            [*BADLY, WELL],
            Effort(queries=80),
            5,
        )
    ]
    assert rounds[0].defences == () and rounds[0].attack.turned == 2
    assert len(rounds) > 2 and len(rounds[-1].defences) == len(rounds) - 1
    first = max(rounds[0].used, key=lambda kind: rounds[0].used[kind])
    assert rounds[1].defences[0] == first
    assert all(step.held == 1 for step in rounds)
    assert rounds[-1].attack.turned <= rounds[0].attack.turned


def test_no_edits_within_the_certified_radius_turn_the_smoothed_answer() -> None:
    smoothing = Smoothing(deleted=0.5, first=50, copies=1500)
    records = [review(1, "难吃难吃难吃难吃难吃难吃很差很差很差很差失望失望", BAD), WELL]
    sure, unsure = certify(WordRule(), records, smoothing, binary=True)
    assert sure.right and sure.radius == 0 and sure.share > 0.8
    assert certified_share([sure, unsure], 0) is not None
    assert not sure.holds(1)
    wide = Smoothing(deleted=0.9, first=50, copies=1500)
    rule = AnyRule()
    written = "".join(f"差{letter}" for letter in "abcdefghijklmnopqrstuvwxyz")
    (held,) = certify(rule, [review(1, written, BAD)], wide, binary=True)
    assert held.radius >= 2 and held.holds(2)
    random = Random(3)
    for _ in range(5):
        text = list(written)
        for _ in range(held.radius):
            text[random.randrange(len(text))] = "好"
        (after,) = certify(rule, [review(1, "".join(text), BAD)], wide, binary=True)
        assert after.answer is held.answer


class AnyRule(WordRule):
    """Negative where any character of a complaint is left."""

    def _answer(self, raw: str) -> PlainAnswer:
        bad = raw.count("差") > raw.count("好")
        label = BAD if bad else GOOD
        return PlainAnswer((), Sentiment(label, float(bad), 0.0, float(not bad)))


def test_the_radius_follows_from_the_share_of_votes() -> None:
    smoothing = Smoothing(deleted=0.9)
    assert [smoothing.radius(share) for share in (0.4, 0.5, 0.51, 0.69, 0.7, 1.0)] == [
        -1, -1, 0, 1, 2, 6,
    ]  # fmt: skip


@pytest.mark.parametrize(("part", "whole"), [(0, 10), (9, 10), (380, 400), (400, 400), (30, 60)])
def test_the_exact_bound_is_that_of_the_beta_distribution(part: int, whole: int) -> None:
    from scipy.stats import beta

    expected = beta.ppf(0.05, part, whole - part + 1) if part else 0.0
    assert lower_bound(part, whole) == pytest.approx(float(expected), abs=1e-9)
    with pytest.raises(ValueError, match="no bound"):
        lower_bound(whole + 1, whole)


def test_aspects_are_reversed_in_text_and_label() -> None:
    text = "屏幕很清晰，电池不耐用😀"
    quads = (
        Quad(Span(0, 2), Span(2, 5), None, GOOD),
        Quad(Span(6, 8), Span(8, 11), None, BAD),
    )
    record = Labelled("1", text, "own", quads=quads)
    by_change = {(t.change, t.index): t.copy for t in aspect_targets([record])}
    copy = by_change["target reversed", 0]
    assert copy.text.startswith("屏幕很差，电池不耐用") and (copy.quads or ())[0].polarity is BAD
    copy = by_change["others reversed", 0]
    assert copy.text.startswith("屏幕很清晰，电池") and (copy.quads or ())[1].polarity is GOOD
    copy = by_change["distractor added", 1]
    assert (copy.quads or ())[1] == quads[1] and len(copy.text) > len(text)
    rows = aspect_rows(WordRule(), [record])
    assert [row.targets for row in rows] == [2, 2, 2, 2]
    assert rows[0].before == 0 and rows[0].after and rows[0].after.value > 0


def test_the_command_tells_writes_and_finds_copies_to_learn_from(tmp_path: Path) -> None:
    out, figures, page = (tmp_path / name for name in ("found.jsonl", "f.json", "p.html"))
    few = [*load("guandian-written", ROOT, "dev")][:12]
    write_own(few, tmp_path / "few.jsonl")
    asked = ["audit", "stress", "guandian-small", tmp_path / "few.jsonl", "--limit", 3]
    files = ["-o", out, "--json", figures, "--html", page]
    more = ["--rounds", 1, "--queries", 25, "--certify", "--votes", 50, *files]
    done = called(*asked, *more, language="zh")
    assert done.returncode == 0, done.stderr
    assert "同音字" in done.stdout and "攻击成功率" in done.stdout and "第 0 轮" in done.stderr
    content = json.loads(figures.read_text("utf-8"))
    assert len(content["capabilities"]) == 16 and content["certificate"]["reviews"] >= 0
    assert {step["task"] for step in content["rounds"]} == {"sentiment", "opinions"}
    copies = list(read("guandian", out))
    originals = {row.text for row in few}
    assert copies and all(copy.original in originals for copy in copies)
    assert all(copy.text not in originals for copy in copies)
    assert "<script" not in page.read_text("utf-8")
    refused = called(*asked, "-o", tmp_path / "other.jsonl", language="en")
    assert refused.returncode == 2 and "without --attack or --rounds" in refused.stderr
    refused = called(*asked, "--votes", 60, language="en")
    assert refused.returncode == 2 and "--votes would do nothing without" in refused.stderr


@pytest.mark.slow
def test_a_model_learns_from_the_copies_that_turned_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What `-o` writes is a training source, and disguised copies are made by a recipe itself."""
    monkeypatch.chdir(tmp_path)
    write_base(tmp_path / "models" / "tiny-bert")
    write_own(reviews()[:40], tmp_path / "train.jsonl")
    write_own(reviews()[50:], tmp_path / "dev.jsonl")
    _, attacks = attack_all(OpinionJudge(GoldAnswers(reviews()[:40])), reviews()[:12], Effort())
    turned = [
        replace(attack.copy, id=f"{attack.record.id}+", original=attack.record.text)
        for attack in attacks
        if attack.turned
    ]
    assert len(turned) > 5
    write_own(turned, tmp_path / "turned.jsonl")
    data = 'data = [{ corpus = "train.jsonl" }, { corpus = "turned.jsonl" }]'
    recipe = RECIPE.replace('data = [{ corpus = "train.jsonl" }]', data)
    recipe += '[augmentation]\nkinds = ["split", "pinyin"]\nshare = 0.2\n'
    (tmp_path / "own.toml").write_text(recipe, encoding="utf-8")
    done = called("train", "own.toml")
    assert done.returncode == 0, done.stderr
    asked = ["audit", "stress", "runs/own", "dev.jsonl", "--limit", 4, "--json", "stress.json"]
    done = called(*asked)
    assert done.returncode == 0, done.stderr
    assert json.loads(Path("stress.json").read_text("utf-8"))["model"].startswith("own@")


class GoldAnswers:
    """A system that knows some texts by heart, and nothing of any other."""

    def __init__(self, records: Sequence[Labelled]) -> None:
        self._quads = {record.text: record.quads for record in records}

    def predict(self, texts: Sequence[str]) -> list[PlainAnswer]:
        return [PlainAnswer(self._quads.get(text) or ()) for text in texts]
