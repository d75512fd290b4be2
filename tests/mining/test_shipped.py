"""The model that ships, on our own reviews; quiet while there is none."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from guandian.assets import assets
from guandian.data import load
from guandian.domain import Mined, Polarity, Review, Span
from guandian.evaluation import Options, evaluate
from guandian.files import read_mined, read_reviews
from guandian.io import bounded
from guandian.mining.inputs import Inputs
from guandian.mining.job import Job
from guandian.mining.miner import Miner
from guandian.pipelines import open_miner, open_model
from guandian.tasks.opinions import REACH
from guandian.text.cleaning import NOTHING_TO_READ

ROOT = Path(__file__).resolve().parent.parent.parent
EXAMPLES = assets() / "examples" / "reviews.csv"


@pytest.fixture(scope="module")
def miner() -> Miner:
    return open_miner(threads=1)


@pytest.fixture(scope="module")
def examples() -> list[Review]:
    return list(read_reviews(EXAMPLES))


@pytest.fixture(scope="module")
def found(miner: Miner, examples: list[Review]) -> dict[str, Mined]:
    return {mined.review_id: mined for mined in miner.mine(examples)}


def same(one: Mined, other: Mined) -> bool:
    """Equal but for a probability's fifth digit."""
    bare = [
        replace(
            mined,
            sentiment=replace(mined.sentiment, negative=0, neutral=0, positive=0),
            opinions=tuple(replace(o, confidence=0) for o in mined.opinions),
            entities=tuple(replace(e, confidence=0) for e in mined.entities),
        )
        for mined in (one, other)
    ]
    pairs = [
        (one.sentiment.negative, other.sentiment.negative),
        (one.sentiment.neutral, other.sentiment.neutral),
        *((a.confidence, b.confidence) for a, b in zip(one.opinions, other.opinions, strict=True)),
        *((a.confidence, b.confidence) for a, b in zip(one.entities, other.entities, strict=True)),
    ]
    return bare[0] == bare[1] and all(abs(a - b) <= 1e-5 for a, b in pairs)


@pytest.mark.parametrize(("seed", "batch"), [(1, 231), (2, 37), (3, 1)])
def test_answers_do_not_depend_on_neighbours_or_order(
    miner: Miner, examples: list[Review], found: dict[str, Mined], seed: int, batch: int
) -> None:
    mixed = random.Random(seed).sample(examples, len(examples) if batch > 1 else 40)
    for start in range(0, len(mixed), batch):
        for mined in miner.mine(mixed[start : start + batch]):
            assert same(mined, found[mined.review_id])


def test_answers_do_not_depend_on_threads(examples: list[Review], found: dict[str, Mined]) -> None:
    for mined in open_miner(threads=3).mine(examples[:80]):
        assert same(mined, found[mined.review_id])


def test_a_job_gives_what_the_miner_gives(tmp_path: Path, found: dict[str, Mined]) -> None:
    job = Job(Inputs((str(EXAMPLES),)), tmp_path / "out.jsonl", open_model(threads=1), workers=2)
    assert job.run().counts.opinions > len(found) / 2
    for review, mined in read_mined(tmp_path / "out.jsonl"):
        assert same(mined, found[review.id])
    again = replace(job, out=tmp_path / "again.jsonl", workers=1)
    again.run()
    first, second = ((tmp_path / f"{n}.jsonl").read_bytes() for n in ("out", "again"))
    assert first == second


def test_every_span_is_in_its_review(examples: list[Review], found: dict[str, Mined]) -> None:
    for review in examples:
        for opinion in found[review.id].opinions:
            for span in (opinion.aspect, opinion.expression, opinion.evidence):
                assert span is None or span.of(review.text).strip()
            assert 0 <= opinion.confidence <= 1


@pytest.mark.parametrize("ending", [".jsonl", ".csv", ".xlsx", ".parquet", ".bio"])
def test_a_clause_without_end_is_written_and_read_again(
    ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was found in a line that could be read may be longer than such a line."""
    monkeypatch.setattr(bounded, "MOST_LINE", 2_000)
    text = "😀" + "屏幕很清晰" * 300
    (tmp_path / "in.csv").write_text(f"text\n{text}\n", "utf-8")
    out = tmp_path / f"out{ending}"
    inputs = Inputs((str(tmp_path / "in.csv"),))
    assert Job(inputs, out, open_model(threads=1)).run().counts.opinions > 100
    if ending == ".jsonl":
        ((review, mined),) = read_mined(out)
        assert review.text == text
        for opinion in mined.opinions:
            said = [span for span in (opinion.aspect, opinion.expression) if span is not None]
            assert said and opinion.evidence == Span(
                max(0, min(span.start for span in said) - REACH),
                min(len(text), max(span.end for span in said) + REACH),
            )


@pytest.mark.parametrize(
    "text",
    [
        "😀" * 10_000, "。。。！！？？", "שלום, המסך נהדר אבל הסוללה חלשה", "\u200b\u200d", "x",
        "\u202eabc", "é\u0301" * 900, "<b></b>&nbsp;", "屏幕很清晰，电池不耐用。" * 100, "a" * 2000,
        "\t\n \u3000",        "nul\0nul", "lone \ud83d surrogate",
    ],
)  # fmt: skip
def test_strange_reviews(miner: Miner, text: str) -> None:
    normal = Review("normal", "屏幕很清晰😀，电池不耐用")
    strange, beside = miner.mine([Review("strange", text), normal])
    assert same(beside, miner.mine([normal])[0])
    for opinion in strange.opinions:
        assert opinion.evidence.end <= len(text)


def test_without_anything_to_read_nothing_is_guessed(miner: Miner) -> None:
    silent = [
        "。。。！！",
        "？？？",
        "！！！！",
        "…… ——",
        "～～",
        "<b></b>&nbsp;",
        "https://a.b/c",
        "“”",
    ]
    for mined in miner.predict(silent):
        assert mined.sentiment.label is Polarity.NEUTRAL
        assert (
            mined.sentiment.negative == mined.sentiment.positive == pytest.approx(1 / 3, abs=1e-5)
        )
        assert (mined.opinions, mined.entities, mined.warnings) == ((), (), (NOTHING_TO_READ,))


@pytest.mark.xfail(strict=True, reason="guandian-small 0.8.0 takes 😡😡！！ alone for praise")
def test_angry_faces_alone_are_negative(miner: Miner) -> None:
    (angry,) = miner.predict(["😡😡！！"])
    assert angry.sentiment.label is Polarity.NEGATIVE
    assert angry.sentiment.negative > angry.sentiment.positive


def test_emoji_and_faces_are_read(miner: Miner) -> None:
    sad, glad, number = miner.predict(["😭😭", ":)", "666"])
    assert sad.sentiment.negative > sad.sentiment.positive
    assert glad.sentiment.positive > glad.sentiment.negative
    assert all(NOTHING_TO_READ not in mined.warnings for mined in (sad, glad, number))


def test_negation_and_contrast_are_read(miner: Miner) -> None:
    (mined,) = miner.mine([Review("1", "😀屏幕很清晰，但是电池不耐用")])
    polarities = {o.aspect and o.aspect.start: str(o.polarity) for o in mined.opinions}
    assert polarities == {1: "positive", 9: "negative"}


def test_it_reads_the_written_reviews_as_the_readme_says(miner: Miner) -> None:
    """The figures of README.md on data/guandian_written, less what one rounding may move."""
    rows = load("guandian-written", ROOT, "dev")
    found = evaluate(miner, rows, Options(resamples=10))
    assert found.opinions
    assert found.sentiment
    assert found.opinions.scores.triplet.f1 == pytest.approx(0.48, abs=0.01)
    assert found.opinions.scores.quad.f1 == pytest.approx(0.32, abs=0.01)
    assert found.opinions.overlap.recall == pytest.approx(0.58, abs=0.01)
    assert found.opinions.overlap.precision == pytest.approx(0.83, abs=0.01)
    assert found.sentiment.scores.macro_f1 == pytest.approx(0.74, abs=0.02)


def test_an_older_custom_marks_less(miner: Miner) -> None:
    texts = [row.text for row in load("guandian-written", ROOT, "dev")]
    by_own, by_food = (
        sum(len(mined.opinions) for mined in one.predict(texts))
        for one in (miner, miner.by("food-zh"))
    )
    assert by_food < 0.6 * by_own


def test_no_opinion_reaches_from_one_part_of_a_review_into_another(miner: Miner) -> None:
    text = "用着完好\n用了一个月就没电了，客服不理人\n界面简洁，经常闪退"
    whole = Review("1", text)
    parts = replace(whole, parts={"初评": Span(0, 4), "追评": Span(5, 20), "说明": Span(21, 30)})
    (mined,) = miner.mine([parts])
    for opinion in mined.opinions:
        said = [span for span in (opinion.aspect, opinion.expression) if span]
        assert len({parts.part(span) for span in said}) == 1
        assert not any("\n" in span.of(text) for span in said)
    assert {parts.part(o.expression or o.evidence) for o in mined.opinions} >= {"追评", "说明"}
