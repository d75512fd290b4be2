import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, confusion_matrix, precision_recall_fscore_support

from guandian.domain import Polarity, Sentiment
from guandian.evaluation.intervals.bootstrap import interval
from guandian.evaluation.metrics.classification import (
    accuracy,
    binary_label,
    label_cells,
    macro_f1,
    score_labels,
)

labels = st.sampled_from(["negative", "neutral", "positive"])


@given(st.lists(st.tuples(labels, labels), min_size=1, max_size=40))
def test_it_agrees_with_scikit_learn(pairs: list[tuple[str, str]]) -> None:
    gold, predicted = (list(column) for column in zip(*pairs, strict=True))
    ours = score_labels(gold, predicted)
    precision, recall, fscore, _ = precision_recall_fscore_support(
        gold, predicted, average="macro", zero_division=0
    )
    assert ours.accuracy == pytest.approx(accuracy_score(gold, predicted))
    assert (ours.macro_precision, ours.macro_recall, ours.macro_f1) == pytest.approx(
        (precision, recall, fscore)
    )
    if len(ours.labels) > 1:
        assert np.array(ours.confusion).tolist() == confusion_matrix(gold, predicted).tolist()
    totals = label_cells(gold, predicted, ours.labels).sum(axis=0)
    assert float(accuracy(totals)) == pytest.approx(ours.accuracy)
    assert float(macro_f1(totals)) == pytest.approx(ours.macro_f1)


def test_by_hand() -> None:
    gold = ["positive", "positive", "positive", "negative"]
    predicted = ["positive", "positive", "negative", "negative"]
    scores = score_labels(gold, predicted, order=["positive", "negative", "neutral"])
    assert scores.labels == ("positive", "negative")
    assert scores.confusion == ((2, 1), (0, 1))
    assert scores.accuracy == scores.micro.f1 == 0.75
    assert scores.by_label["negative"].precision == 0.5
    assert scores.macro_f1 == pytest.approx((0.8 + 2 / 3) / 2)


def test_what_nobody_labelled_has_no_f1_to_speak_of() -> None:
    scores = score_labels(["good", "good", "bad"], ["good", "odd", "odd"])
    odd, bad = scores.by_label["odd"].to_json(), scores.by_label["bad"].to_json()
    assert (odd["precision"], odd["recall"], odd["f1"]) == (0.0, None, None)
    assert (bad["precision"], bad["recall"], bad["f1"]) == (None, 0.0, 0.0)
    assert (odd["gold"], odd["predicted"], odd["true_positives"]) == (0, 2, 0)
    assert scores.macro_f1 == pytest.approx((2 / 3) / 3)  # as scikit-learn has it


def test_polarities_are_labels_too_and_intervals_work_on_cells() -> None:
    gold = [Polarity.POSITIVE] * 30 + [Polarity.NEGATIVE] * 30
    predicted = [Polarity.POSITIVE] * 40 + [Polarity.NEGATIVE] * 20
    found = interval(label_cells(gold, predicted, ("negative", "positive")), accuracy)
    assert found.value == pytest.approx(5 / 6)
    assert found.low < found.value < found.high


def test_a_binary_set_compares_positive_with_negative() -> None:
    torn = Sentiment(Polarity.NEUTRAL, negative=0.2, neutral=0.5, positive=0.3)
    assert binary_label(torn) is Polarity.POSITIVE
    assert binary_label(Sentiment(Polarity.NEUTRAL, 0.3, 0.5, 0.2)) is Polarity.NEGATIVE


def test_nothing_and_unequal_lengths() -> None:
    assert score_labels([], []).accuracy == 0.0
    with pytest.raises(ValueError, match="1 gold labels against 2"):
        score_labels(["a"], ["a", "b"])
