import json
from collections.abc import Sequence
from dataclasses import replace

import pytest

from guandian.domain import Labelled, Mined, Polarity, Quad, Sentiment, Span
from guandian.domain.records import UNKNOWN_SENTIMENT
from guandian.evaluation import (
    PRF,
    ErrorKind,
    Options,
    PlainAnswer,
    QuadPredictor,
    Report,
    compare_evaluations,
    contend,
    evaluate,
    set_side_by_side,
)
from guandian.evaluation.evaluate import score_answers

from .systems import Careless, examples

GOLD = examples()


def test_a_system_that_is_right_scores_one_everywhere() -> None:
    perfect: QuadPredictor = Careless(GOLD, spoil=0.0)
    result = evaluate(perfect, GOLD, Options(system="perfect", data="made up"))
    assert result.opinions and result.sentiment and result.entities
    assert result.opinions.scores.quad.f1 == result.opinions.scores.relaxed.f1 == 1.0
    quad = result.opinions.intervals["quad"]
    assert quad.high == 1.0 and 0.9 < quad.low < 1  # sixty reviews do not prove perfection
    assert sum(result.opinions.errors.values()) == 0
    assert result.opinions.calibration and result.opinions.calibration.error == 0.0
    assert result.sentiment.scores.accuracy == 1.0
    assert result.entities.scores.micro.f1 == 1.0  # brands were found too, but nobody annotated


def test_a_careless_one_loses_what_it_spoils() -> None:
    result = evaluate(Careless(GOLD, spoil=0.3), GOLD)
    assert result.opinions and result.opinions.calibration
    scores = result.opinions.scores
    assert 0.5 < scores.quad.f1 < scores.triplet.f1 < scores.pair.f1 < 1.0
    low, high = result.opinions.intervals["quad"].low, result.opinions.intervals["quad"].high
    assert low < scores.quad.f1 < high
    for kind in ErrorKind:
        spared = kind in (ErrorKind.MISSED, ErrorKind.SPURIOUS)
        assert (result.opinions.errors[kind] > 0) is not spared
    assert result.opinions.category and "other" in result.opinions.category.labels
    assert result.opinions.calibration.error < 2 * result.opinions.calibration.floor_high


def test_two_systems_are_compared_review_by_review() -> None:
    good, poor = (evaluate(Careless(GOLD, spoil=rate), GOLD) for rate in (0.05, 0.4))
    gains = compare_evaluations(good, poor)
    assert set(gains) >= {"quad", "pair", "sentiment", "entities"}
    assert gains["quad"].difference.low > 0 and gains["sentiment"].better > 0.95
    assert gains["entities"].difference.value == 0.0


def test_who_takes_neither_side_of_a_binary_set_is_right_about_nothing() -> None:
    """A tie was taken for praise, so that unreadable answers scored half of such a set."""
    rows = [row for row in GOLD if row.sentiment in (Polarity.POSITIVE, Polarity.NEGATIVE)]
    assert len({row.sentiment for row in rows}) == 2
    silent = [PlainAnswer(sentiment=UNKNOWN_SENTIMENT) for _ in rows]
    result = score_answers(silent, rows)
    assert result.sentiment and result.sentiment.binary
    assert result.sentiment.scores.accuracy == result.sentiment.scores.macro_f1 == 0


def test_who_says_nothing_is_wrong_about_neutral_reviews_too() -> None:
    """An unreadable answer stood as neutral, and was right about all that are."""
    assert any(row.sentiment is Polarity.NEUTRAL for row in GOLD)
    silent = [PlainAnswer(sentiment=UNKNOWN_SENTIMENT) for _ in GOLD]
    result = score_answers(silent, GOLD)
    assert result.sentiment and not result.sentiment.binary
    assert result.sentiment.scores.accuracy == result.sentiment.scores.macro_f1 == 0
    torn = Sentiment(Polarity.NEUTRAL, negative=0.4, neutral=0.2, positive=0.4)
    judged = score_answers([PlainAnswer(sentiment=torn) for _ in GOLD], GOLD)
    assert judged.sentiment and judged.sentiment.scores.accuracy > 0


def test_a_binary_set_is_scored_without_neutral() -> None:
    clear = [one for one in GOLD if one.sentiment is not Polarity.NEUTRAL]
    result = evaluate(Careless(clear, spoil=0.4), clear)
    assert result.sentiment and result.sentiment.binary
    assert set(result.sentiment.scores.labels) == {"positive", "negative"}
    whole = evaluate(Careless(GOLD, spoil=0.4), GOLD)
    assert whole.sentiment and not whole.sentiment.binary


class OnlyOpinions:
    """A rule: no confidence, no sentiment, no entities."""

    def predict(self, texts: Sequence[str]) -> list[PlainAnswer]:
        found = []
        for text in texts:
            gold = next(one for one in GOLD if one.text == text)
            found.append(PlainAnswer(opinions=(gold.quads or ())[:1]))
        return found


def test_a_rule_that_does_one_task_is_scored_on_that() -> None:
    result = evaluate(OnlyOpinions(), GOLD)
    assert result.opinions and result.opinions.calibration is None
    assert result.opinions.scores.quad.precision == 1.0 > result.opinions.scores.quad.recall
    assert result.sentiment is result.entities is None
    assert set(compare_evaluations(evaluate(Careless(GOLD, 0.1), GOLD), result)) == set(
        result.opinions.counts
    )


def test_only_what_is_annotated_is_scored() -> None:
    bare = [replace(one, quads=None, entities=None) for one in GOLD[:20]]
    result = evaluate(Careless(GOLD, spoil=0.1), [*bare, *GOLD[20:]])
    assert result.opinions and result.sentiment
    assert (result.reviews, result.opinions.reviews, result.sentiment.reviews) == (60, 40, 60)
    nothing = evaluate(Careless(GOLD, spoil=0.1), [])
    assert nothing.opinions is nothing.sentiment is nothing.entities is None


def test_the_report_is_json_and_the_same_each_time() -> None:
    def run() -> str:
        made = [contend(Careless(GOLD, spoil=rate), GOLD, Options()) for rate in (0.1, 0.3)]
        report = Report(made[0].evaluation, set_side_by_side(made))
        return json.dumps(report.to_json(), allow_nan=False)

    found = json.loads(run())
    assert run() == run()
    assert found["format"] == "guandian-evaluation/1"
    assert found["opinions"]["quad"]["f1"] > found["baselines"][0]["opinions"]["quad"]["f1"]
    assert found["baselines"][0]["paired"]["quad"]["difference"]["low"] > 0
    assert found["comparison"]["against_first"][0]["quad"]["difference"]["high"] < 0


def test_text_mode_reaches_every_figure() -> None:
    example = Labelled(
        "1", "很好，很好", "d", quads=(Quad(None, Span(0, 2), "a", Polarity.POSITIVE),)
    )
    answer = PlainAnswer(opinions=(Quad(None, Span(3, 5), "a", Polarity.POSITIVE),))

    class Second:
        def predict(self, texts: Sequence[str]) -> list[PlainAnswer]:
            return [answer for _ in texts]

    result = evaluate(Second(), [example], Options(mode="text"))
    assert result.opinions and result.opinions.scores.quad == PRF(1, 1, 1)
    assert sum(result.opinions.errors.values()) == 0
    assert result.opinions.polarity.accuracy == 1.0


def test_a_predictor_that_drops_a_review_is_refused() -> None:
    class Short:
        def predict(self, texts: Sequence[str]) -> list[Mined]:
            return Careless(GOLD, 0.0).predict(texts)[1:]

    with pytest.raises(ValueError, match="60 reviews were asked, 59 answers"):
        evaluate(Short(), GOLD)
