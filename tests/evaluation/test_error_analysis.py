import pytest

from guandian.domain import Polarity, Quad, Span
from guandian.evaluation.error_analysis import ErrorKind, count_differences, quad_errors

GOOD, BAD = Polarity.POSITIVE, Polarity.NEGATIVE
SCREEN = Quad(Span(1, 3), Span(3, 6), "performance", GOOD)
BATTERY = Quad(Span(7, 9), Span(9, 12), "performance", BAD)


@pytest.mark.parametrize(
    ("predicted", "kind"),
    [
        (Quad(SCREEN.aspect, SCREEN.expression, "price", GOOD), ErrorKind.WRONG_CATEGORY),
        (Quad(SCREEN.aspect, SCREEN.expression, "performance", BAD), ErrorKind.WRONG_POLARITY),
        (Quad(SCREEN.aspect, SCREEN.expression, "price", BAD), ErrorKind.WRONG_POLARITY),
        (Quad(SCREEN.aspect, Span(4, 6), "performance", GOOD), ErrorKind.WRONG_SPAN),
        (Quad(BATTERY.aspect, SCREEN.expression, "performance", GOOD), ErrorKind.WRONG_PAIR),
        (Quad(None, SCREEN.expression, "performance", GOOD), ErrorKind.WRONG_PAIR),
        (Quad(SCREEN.aspect, BATTERY.expression, "performance", BAD), ErrorKind.WRONG_PAIR),
    ],
)
def test_a_wrong_quad_has_one_kind(predicted: Quad, kind: ErrorKind) -> None:
    (error,) = quad_errors([SCREEN], [predicted])
    assert (error.kind, error.gold, error.predicted) == (kind, SCREEN, predicted)


def test_what_meets_nothing_is_missed_or_spurious() -> None:
    elsewhere = Quad(Span(20, 22), Span(22, 24), "price", GOOD)
    kinds = [error.kind for error in quad_errors([SCREEN], [elsewhere])]
    assert kinds == [ErrorKind.MISSED, ErrorKind.SPURIOUS]


def test_a_right_quad_is_never_spent_on_a_wrong_one() -> None:
    twice = Quad(SCREEN.aspect, SCREEN.expression, "price", GOOD)
    (error,) = quad_errors([SCREEN], [twice, SCREEN])
    assert (error.kind, error.predicted) == (ErrorKind.SPURIOUS, twice)


def test_text_sets_positions_aside() -> None:
    text = "😀很好，真的很好"
    gold, found = Quad(None, Span(1, 3), None, GOOD), Quad(None, Span(6, 8), None, GOOD)
    assert quad_errors([gold], [found], text=text) == []
    assert len(quad_errors([gold], [found])) == 2


def test_every_quad_is_accounted_for() -> None:
    crossed = [
        Quad(SCREEN.aspect, BATTERY.expression, "performance", BAD),
        Quad(BATTERY.aspect, SCREEN.expression, "performance", GOOD),
    ]
    counts = count_differences([[SCREEN, BATTERY], [SCREEN]], [crossed, []])
    assert counts[ErrorKind.WRONG_PAIR] == 2 and counts[ErrorKind.MISSED] == 1
    assert sum(counts.values()) == 3 and list(counts) == list(ErrorKind)
