from __future__ import annotations

from dataclasses import replace
from time import process_time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from guandian.tasks.candidates import MOST_SPANS, BatchRow, candidates, grid_entities
from guandian.tasks.confidence_features import FEATURES, UNFITTED
from guandian.tasks.decode import ABSENT, Candidate, Range, _contradicts, choose
from guandian.tasks.head_spec import HeadSpec

SPEC = HeadSpec(("screen", "battery", "price"))
ASPECT, EXPRESSION, BRAND = 0, 1, 3
NO, YES = -30.0, 9.0


class Answer:
    """The arrays of one text of N tokens, in which nothing was found until it is said."""

    def __init__(self, length: int) -> None:
        self.spans = np.full((1, len(SPEC.span_types), length, length), NO, np.float32)
        self.pairs = np.full((1, 2, length, length), NO, np.float32)
        self.category = np.zeros((1, length, 2, len(SPEC.categories)), np.float32)
        self.polarity = np.zeros((1, length, 2, 3), np.float32)
        self.implicit = np.full((1, length), NO, np.float32)

    def span(self, kind: int, at: Range, score: float = YES) -> None:
        self.spans[0, kind, at[0], at[1]] = score

    def opinion(self, aspect: Range, expression: Range, score: float = YES) -> None:
        """Both spans (where said) and the link between them."""
        for kind, at in ((ASPECT, aspect), (EXPRESSION, expression)):
            if at != ABSENT:
                self.span(kind, at, score)
        self.pairs[0, 0, aspect[0], expression[0]] = score
        self.pairs[0, 1, aspect[1], expression[1]] = score

    def label(self, at: Range, role: int, category: int, polarity: int) -> None:
        self.category[0, at[0] : at[1] + 1, role, category] = 5
        self.polarity[0, at[0] : at[1] + 1, role, polarity] = 5

    def arrays(self) -> dict[str, NDArray[np.float32]]:
        return {
            "spans": self.spans,
            "pairs": self.pairs,
            "category": self.category,
            "polarity": self.polarity,
            "implicit": self.implicit,
        }

    def found(self, *clauses: Range) -> list[Candidate]:
        return candidates(self.arrays(), SPEC, [BatchRow(clauses)])[0]

    def chosen(self, *clauses: Range) -> list[tuple[Range, Range]]:
        return [(c.aspect, c.expression) for c, _ in choose(self.found(*clauses), UNFITTED)]


def test_nothing_found_is_nothing() -> None:
    assert Answer(6).found((1, 4)) == []
    assert Answer(2).found() == []
    assert choose([], UNFITTED) == []


def test_category_and_polarity_are_read_at_both_parts_and_averaged() -> None:
    answer = Answer(9)
    answer.opinion((1, 2), (3, 5), 4.0)
    answer.category[0, 1:3, 0, 1] = 3.0  # the aspect says battery
    answer.category[0, 3:6, 1, 2] = [2.0, 2.0, 2.0]  # the expression says price, less surely
    answer.category[0, 3:6, 0, 0] = 90.0  # the aspect's role at the expression says nothing
    answer.polarity[0, 3, 1, 0] = 6.0
    (found,) = answer.found()
    assert (found.aspect, found.expression, found.clause) == ((1, 2), (3, 5), None)
    assert (found.category, found.polarity) == (1, 0)
    named = dict(zip(FEATURES, found.features, strict=True))
    assert named["weakest"] == named["aspect"] == named["expression"] == named["pair"] == 4.0
    assert named["category"] == pytest.approx(3 - np.log(np.exp([0, 3, 2]).sum()), abs=1e-6)
    assert named["polarity"] == pytest.approx(2 - np.log(np.exp([2, 0, 0]).sum()), abs=1e-6)
    assert named["no_aspect"] == named["no_expression"] == 0


def test_overlapping_spans_with_their_own_partners_are_all_found() -> None:
    # 拍照 and 拍照速度 are both judged, in words that overlap each other too.
    answer = Answer(12)
    answer.opinion((1, 2), (5, 8))
    answer.opinion((1, 4), (7, 9), 7.0)
    for at in ((1, 2), (1, 4), (5, 8), (7, 9)):
        answer.label(at, 0 if at[0] == 1 else 1, 0, 2)
    assert {(c.aspect, c.expression) for c in answer.found()} == {
        ((1, 2), (5, 8)),
        ((1, 4), (7, 9)),
    }
    # Two cuts of one judgement, though: only the surer one is reported.
    assert answer.chosen() == [((1, 2), (5, 8))]


def test_one_aspect_with_two_judgements_and_one_judgement_of_two_aspects() -> None:
    answer = Answer(12)
    answer.opinion((1, 2), (3, 4))
    answer.opinion((1, 2), (9, 10))
    answer.opinion((6, 7), (9, 10))
    for first, last, role in ((1, 2, 0), (6, 7, 0), (3, 4, 1), (9, 10, 1)):
        answer.label((first, last), role, 0, 2)
    assert answer.chosen() == [((1, 2), (3, 4)), ((1, 2), (9, 10)), ((6, 7), (9, 10))]


def test_absent_parts_are_read_at_cls() -> None:
    answer = Answer(8)
    answer.opinion(ABSENT, (2, 3))
    answer.opinion((5, 6), ABSENT)
    answer.label(ABSENT, 0, 2, 0)
    answer.label((2, 3), 1, 2, 0)
    answer.label((5, 6), 0, 1, 2)
    answer.label(ABSENT, 1, 1, 2)
    without_aspect, without_expression = sorted(answer.found(), key=lambda c: c.aspect)
    assert (without_aspect.category, without_aspect.polarity) == (2, 0)
    assert without_aspect.features[FEATURES.index("no_aspect")] == 1
    assert without_aspect.features[FEATURES.index("aspect")] == 0
    assert without_aspect.features[FEATURES.index("weakest")] == YES
    assert (without_expression.category, without_expression.polarity) == (1, 2)
    assert without_expression.features[FEATURES.index("no_expression")] == 1
    assert set(answer.chosen()) == {(ABSENT, (2, 3)), ((5, 6), ABSENT)}


def test_both_absent_needs_a_clause_and_is_read_there() -> None:
    answer = Answer(10)
    answer.pairs[:, :, 0, 0] = YES  # never an opinion by itself
    answer.implicit[0, 5:9] = 3.0
    answer.label((5, 8), 1, 2, 0)
    answer.label((1, 4), 1, 1, 2)
    (found,) = answer.found((1, 4), (5, 8))
    assert (found.aspect, found.expression, found.clause) == (ABSENT, ABSENT, (5, 8))
    assert (found.category, found.polarity) == (2, 0)
    assert found.features[:4] == (3.0, 0.0, 0.0, 3.0)
    assert found.features[-2:] == (1.0, 1.0)


def test_two_implicit_clauses_of_different_kind_both_stay() -> None:
    answer = Answer(10)
    answer.implicit[0, 1:9] = 3.0
    answer.label((1, 4), 1, 1, 2)
    answer.label((5, 8), 1, 2, 0)
    assert len(choose(answer.found((1, 4), (5, 8)), UNFITTED)) == 2


def test_a_said_part_beats_an_absent_one_and_the_other_way_round() -> None:
    answer = Answer(8)
    answer.opinion((1, 2), (4, 5), 6.0)
    answer.opinion(ABSENT, (4, 5), 6.0)
    answer.label((4, 5), 1, 0, 2)
    answer.pairs[0, :, 0, 4:6] = 5.0
    assert answer.chosen() == [((1, 2), (4, 5))]
    answer.pairs[0, :, 0, 4:6] = 6.0
    answer.pairs[0, :, 1:3, 4:6] = 5.0
    assert answer.chosen() == [(ABSENT, (4, 5))]


def test_another_cut_of_the_same_words_is_left_out() -> None:
    answer = Answer(10)
    answer.opinion((2, 2), (4, 6), 4.0)
    answer.opinion((1, 2), (5, 6), 5.0)
    answer.opinion((1, 2), (4, 6), 6.0)
    for first, last, role in ((1, 2, 0), (4, 6, 1)):
        answer.label((first, last), role, 0, 2)
    assert len(answer.found()) >= 3
    assert answer.chosen() == [((1, 2), (4, 6))]


def test_the_threshold_cuts() -> None:
    answer = Answer(8)
    answer.opinion((1, 2), (4, 5), 1.0)
    answer.label((4, 5), 1, 0, 2)
    found = answer.found()
    ((_, probability),) = choose(found, UNFITTED)
    assert 0.4 < probability < 1 / (1 + np.exp(-1.0))
    (sure,) = UNFITTED.triplet(np.array([found[0].features]))
    assert probability < sure  # the category counts in what is shown, not in what is reported
    assert len(choose(found, replace(UNFITTED, threshold=float(sure)))) == 1
    assert choose(found, replace(UNFITTED, threshold=float(sure) + 1e-9)) == []


def test_spans_cannot_run_backwards_or_over_the_special_tokens() -> None:
    answer = Answer(6)
    answer.pairs[:] = YES
    for at in ((3, 2), (0, 2), (2, 5), (5, 5), (0, 0)):
        answer.span(ASPECT, at)
        answer.span(EXPRESSION, at)
        answer.span(BRAND, at)
    assert answer.found() == []
    assert grid_entities(answer.arrays(), SPEC) == [[]]


def test_hostile_text_costs_no_more_than_the_cap() -> None:
    length = 250
    answer = Answer(length)
    rng = np.random.default_rng(0)
    answer.spans[:] = rng.uniform(2, 9, answer.spans.shape)
    answer.pairs[:] = rng.uniform(2, 9, answer.pairs.shape)
    answer.implicit[:] = YES
    begun = process_time()
    found = answer.found(*((k, k) for k in range(1, length - 1)))
    chosen = choose(found, UNFITTED)
    assert process_time() - begun < 10
    assert len(found) <= (MOST_SPANS + 1) ** 2 + length
    assert chosen
    best = np.sort(np.triu(answer.spans[0, ASPECT, 1:-1, 1:-1]).ravel())[-MOST_SPANS:]
    assert min(c.features[1] for c in found if c.aspect != ABSENT) >= best[0]


def test_entities_of_one_type_do_not_overlap_and_the_surer_stays() -> None:
    answer = Answer(10)
    answer.span(BRAND, (1, 3), 2.0)
    answer.span(BRAND, (3, 5), 3.0)
    answer.span(BRAND, (7, 8), 0.5)
    answer.span(BRAND, (6, 6), -0.5)
    answer.span(BRAND - 1, (1, 3), 1.0)
    found = [(named.type, named.range) for named in grid_entities(answer.arrays(), SPEC)[0]]
    assert found == [("product", (1, 3)), ("brand", (3, 5)), ("brand", (7, 8))]
    probability = grid_entities(answer.arrays(), SPEC)[0][-1].probability
    assert probability == pytest.approx(1 / (1 + np.exp(-0.5)))


def test_a_row_of_a_batch_is_read_by_itself() -> None:
    one, two, none = Answer(7), Answer(7), Answer(7)
    one.opinion((1, 1), (2, 3))
    two.opinion(ABSENT, (4, 5))
    two.implicit[0, 1:4] = YES
    answers = (none, one, two, none, one)
    batch = {
        name: np.concatenate([answer.arrays()[name] for answer in answers]) for name in one.arrays()
    }
    read = candidates(batch, SPEC, [BatchRow([(1, 3)])] * len(answers))
    assert read == [answer.found((1, 3)) for answer in answers]
    assert [*map(len, read)] == [0, 1, 2, 0, 1]


def test_ranges_are_told_as_of_the_whole_text_and_by_the_row_that_answers_for_them() -> None:
    answer = Answer(9)
    answer.opinion((1, 2), (3, 5))
    answer.opinion(ABSENT, (6, 7))
    answer.implicit[0, 1:3] = YES
    (read,) = candidates(answer.arrays(), SPEC, [BatchRow([(1, 2)], offset=100, first=1, end=6)])
    assert [(c.aspect, c.expression, c.clause) for c in read] == [
        ((101, 102), (103, 105), None),
        (ABSENT, ABSENT, (101, 102)),
    ]
    (later,) = candidates(answer.arrays(), SPEC, [BatchRow([(1, 2)], offset=100, first=6)])
    assert [(c.aspect, c.expression) for c in later] == [(ABSENT, (106, 107))]


SPANS = st.one_of(
    st.just(ABSENT), st.tuples(st.integers(1, 9), st.integers(0, 3)).map(lambda p: (p[0], sum(p)))
)


@st.composite
def made_up(draw: st.DrawFn) -> Candidate:
    aspect, expression = draw(SPANS), draw(SPANS)
    clause = (1, draw(st.integers(1, 3))) if aspect == expression == ABSENT else None
    features = (draw(st.floats(-2, 9)), *[0.0] * (len(FEATURES) - 1))
    kinds = draw(st.integers(0, 2)), draw(st.integers(0, 2))
    return Candidate(aspect, expression, *kinds, features, clause)


@given(st.lists(made_up(), max_size=24))
def test_candidates_are_chosen_as_if_each_were_held_against_all(found: list[Candidate]) -> None:
    sure = UNFITTED.triplet(np.array([c.features for c in found]).reshape(-1, len(FEATURES)))
    taken: list[Candidate] = []
    for index in np.argsort(-sure, kind="stable"):
        if sure[index] < UNFITTED.threshold:
            break
        if not any(_contradicts(found[index], other) for other in taken):
            taken.append(found[index])
    chosen = [candidate for candidate, _ in choose(found, UNFITTED)]
    assert chosen == sorted(taken, key=lambda c: (c.expression, c.aspect))
