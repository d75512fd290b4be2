"""The cause of a surge: what was planted is named, the plainest slice that explains it."""

from __future__ import annotations

import numpy as np
import pytest

from guandian.evaluation.surges import SurgeTable, explain_surge

DIMENSIONS = ("aspect", "product", "source", "version")
ASPECTS = tuple(f"a{k}" for k in range(8))
STRATA = tuple((f"p{p}", f"s{s}", f"v{v}") for p in range(4) for s in range(3) for v in range(3))


def table(
    fixed: dict[str, str], times: float = 1.0, written: float = 1.0, seed: int = 3
) -> SurgeTable:
    """Eight weeks and one, in which a slice complains, or is written of, so many times as much."""
    dice = np.random.default_rng(seed)
    cells = [(aspect, *stratum) for aspect in ASPECTS for stratum in STRATA]
    inside = np.array(
        [
            all(
                value == fixed.get(name, value)
                for name, value in zip(DIMENSIONS, cell, strict=True)
            )
            for cell in cells
        ]
    ).reshape(len(ASPECTS), len(STRATA))
    rates = 0.15 * dice.lognormal(0, 0.3, (len(ASPECTS), 1)) * np.ones(inside.shape)
    shares = dice.dirichlet(3 * np.ones(len(STRATA)))
    busier = np.where(inside.any(0), written, 1.0)
    reviews = np.stack([dice.poisson(8000 * shares), dice.poisson(1500 * shares * busier)])
    later = np.minimum(np.where(inside, times * rates, rates), 0.9)
    complaints = np.stack([dice.binomial(reviews[0], rates), dice.binomial(reviews[1], later)])
    return SurgeTable(DIMENSIONS, ASPECTS, STRATA, reviews.astype(float), complaints.astype(float))


@pytest.mark.parametrize(
    "fixed",
    [{"aspect": "a2"}, {"product": "p1"}, {"version": "v2"}, {"aspect": "a5", "source": "s0"},
     {"product": "p3", "version": "v1"}],
)  # fmt: skip
def test_a_rate_that_rose_is_named(fixed: dict[str, str]) -> None:
    first, *_ = explain_surge(table(fixed, times=3.0))
    assert (first.kind, dict(first.fixed)) == ("rate", fixed)
    assert first.observed > 2 * first.expected and first.excess > 0


@pytest.mark.parametrize("fixed", [{"source": "s1"}, {"product": "p2", "source": "s0"}])
def test_more_that_is_written_is_a_volume_and_no_rate(fixed: dict[str, str]) -> None:
    first, *_ = explain_surge(table(fixed, written=4.0))
    assert (first.kind, dict(first.fixed)) == ("volume", fixed)


def test_a_version_that_takes_over_is_no_cause() -> None:
    quiet = table({})
    volume = quiet.reviews.copy()
    newest = np.array([stratum[2] == "v2" for stratum in STRATA])
    volume[0, newest] = 0
    complaints = quiet.complaints.copy()
    complaints[0][:, newest] = 0
    calm = SurgeTable(DIMENSIONS, ASPECTS, STRATA, volume, complaints)
    assert not [c for c in explain_surge(calm) if "version" in dict(c.fixed)]
    complaints[1][np.ix_([4], newest)] *= 3
    first, *_ = explain_surge(SurgeTable(DIMENSIONS, ASPECTS, STRATA, volume, complaints))
    assert dict(first.fixed) == {"aspect": "a4", "version": "v2"}


def test_categories_are_told_where_all_their_aspects_rose() -> None:
    groups = tuple("even" if k % 2 == 0 else "odd" for k in range(8))
    calm = table({})
    complaints = calm.complaints.copy()
    complaints[1][::2] *= 2.5
    surge = SurgeTable(DIMENSIONS, ASPECTS, STRATA, calm.reviews, complaints, groups)
    first, *_ = explain_surge(surge)
    assert dict(first.fixed) == {"category": "even"}


def test_counts_by_value_become_a_table() -> None:
    reviews = [{("p", "s", ""): 4.0}, {("p", "s", ""): 2.0, ("", "", ""): 1.0}]
    complaints = [{("a", "p", "s", ""): 1.0}, {("", "", "", ""): 1.0, ("a", "p", "s", ""): 2.0}]
    its = SurgeTable.of(DIMENSIONS, reviews, complaints, {"a": "c"})
    assert its.aspects == ("a", "") and its.groups == ("c", "")
    assert its.strata == (("p", "s", ""), ("", "", ""))
    assert its.reviews.tolist() == [[4, 0], [2, 1]]
    assert its.complaints[1].tolist() == [[2, 0], [0, 1]]
    with pytest.raises(ValueError, match="no table of"):
        SurgeTable(DIMENSIONS, ("a",), its.strata, its.reviews, its.complaints)


def test_nothing_is_named_of_nothing() -> None:
    empty = SurgeTable.of(DIMENSIONS, [{}, {}], [{}, {}], {})
    assert explain_surge(empty) == []
