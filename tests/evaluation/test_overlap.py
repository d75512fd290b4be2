from __future__ import annotations

import json

import pytest

from guandian.domain import Polarity, Quad, Span
from guandian.evaluation.metrics.overlap import found_at, overlap

GOOD, BAD = Polarity.POSITIVE, Polarity.NEGATIVE


def quad(
    expression: tuple[int, int] | None, polarity: Polarity, aspect: tuple[int, int] | None = None
) -> Quad:
    return Quad(aspect and Span(*aspect), expression and Span(*expression), None, polarity)


def test_overlapping_words_of_one_polarity_are_enough() -> None:
    gold = [[quad((0, 4), GOOD), quad((5, 8), BAD), quad((9, 12), BAD)], []]
    said = [[quad((3, 5), GOOD), quad((6, 7), GOOD)], [quad((0, 1), BAD)]]
    both = overlap(gold, said)
    assert (both.recalled, both.gold) == ({GOOD: 1}, {GOOD: 1, BAD: 2})
    assert (both.right, both.said) == ({GOOD: 1}, {GOOD: 2, BAD: 1})
    assert (both.recall, both.precision) == (pytest.approx(1 / 3), pytest.approx(1 / 3))
    told = json.loads(json.dumps(both.to_json()))
    assert told["counts"]["gold"] == {"positive": 1, "negative": 2, "neutral": 0}


def test_touching_is_not_overlapping_and_the_aspect_stands_for_no_expression() -> None:
    assert overlap([[quad((0, 2), GOOD)]], [[quad((2, 4), GOOD)]]).recall == 0
    aspect_alone = quad(None, GOOD, (0, 2))
    assert overlap([[aspect_alone]], [[quad((1, 3), GOOD)]]).recall == 1
    assert overlap([[quad((1, 3), GOOD)]], [[aspect_alone]]).precision == 1
    # with an expression, the aspect has no say
    assert overlap([[quad((4, 6), GOOD, (0, 2))]], [[aspect_alone]]).recall == 0
    assert overlap([[quad(None, GOOD)]], [[quad(None, GOOD)]]).recall == 0
    assert overlap([], []).recall == overlap([], []).precision == 0


def test_found_at_keeps_as_much_as_is_right_often_enough() -> None:
    gold = [[quad((k, k + 1), GOOD)] for k in range(10)]
    # of the surest five one is wrong, of the next five three
    wrong = {4, 6, 7, 9}
    said = [[(quad((k, k + 1), BAD if k in wrong else GOOD), 1 - k / 20)] for k in range(10)]
    assert found_at(gold, said, 0.8) == (pytest.approx(1 - 5 / 20), pytest.approx(0.5))
    assert found_at(gold, said, 1.0) == (pytest.approx(1 - 3 / 20), pytest.approx(0.4))
    assert found_at(gold, [[] for _ in gold], 0.9) == (1.0, 0.0)
    assert found_at(gold, [[(quad((k, k + 1), BAD), 0.9)] for k in range(10)], 0.5) == (1.0, 0.0)
