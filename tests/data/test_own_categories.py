"""Somebody's own categories: what they may be, and that they are lossless over the model's."""

from __future__ import annotations

import tomllib

import pytest

from guandian.data.own_categories import OwnCategories, OwnCategory
from guandian.data.taxonomy import Category, taxonomy
from guandian.domain import Labelled, Polarity, Span
from guandian.domain.labelled import Quad
from guandian.errors import GuandianError

DELIVERY = OwnCategory("delivery", "到手", "Delivery", ("logistics", "packaging"))
KNOWN = {key: (row.zh, row.en) for key, row in taxonomy().items()}


def test_what_nobody_speaks_of_follows_as_it_is() -> None:
    own = OwnCategories.of([DELIVERY], KNOWN)
    assert own.groups == {"logistics": "delivery", "packaging": "delivery"}
    whole = own.completed(KNOWN)
    assert [row.key for row in whole.rows][:3] == ["delivery", "overall", "experience"]
    members = [member for row in whole.rows for member in row.members]
    assert sorted(members) == sorted(KNOWN) and len(whole.rows) == len(KNOWN) - 1
    assert OwnCategories.from_json(own.as_json()) == own
    assert OwnCategories.from_json(None).completed(KNOWN).groups == {}


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (OwnCategory("Delivery!", "a", "a", ("logistics",)), "is no key"),
        (OwnCategory("brand", "a", "a", ("logistics",)), "not among its own members"),
        (OwnCategory("delivery", "a", "a", ("nope",)), "has no category 'nope'"),
        (OwnCategory("delivery", "a", "a", ()), "has no member"),
        (OwnCategory("delivery", "a", "a", ("price", "price")), "one twice"),
        (OwnCategory("delivery", " ", "a", ("price",)), "is no name"),
        (OwnCategory("delivery", "a", "a\u202e", ("price",)), "is no name"),
        (OwnCategory("delivery", "a", "a" * 61, ("price",)), "is no name"),
        (OwnCategory("other", "a", "a", ("other", "logistics")), "'logistics' is a member of two"),
    ],
)
def test_what_no_category_can_be_is_refused(row: OwnCategory, problem: str) -> None:
    with pytest.raises(GuandianError, match=problem):
        OwnCategories.of([DELIVERY, row], KNOWN)
    with pytest.raises(GuandianError, match="two categories are called"):
        OwnCategories.of([DELIVERY, OwnCategory("delivery", "a", "a", ("price",))], KNOWN)


def test_a_pair_in_two_categories_that_become_one_is_said_once() -> None:
    quads = tuple(
        Quad(Span(0, 2), None, category, Polarity.POSITIVE)
        for category in ("logistics", "packaging", "price", None)
    )
    own = OwnCategories.of([DELIVERY], KNOWN)
    relabelled = own.relabelled(Labelled("1", "包裹很好", "own", quads)).quads or ()
    assert [quad.category for quad in relabelled] == ["delivery", "price", None]
    assert own.relabelled(Labelled("1", "包裹很好", "own")).quads is None


def test_its_file_is_that_of_a_taxonomy() -> None:
    own = OwnCategories.of([DELIVERY], KNOWN)
    rows = tomllib.loads(own.completed(KNOWN).as_toml())
    read = {key: Category(key, **row) for key, row in rows.items()}
    assert read["delivery"].zh == "到手" and "快递" in read["delivery"].definition_zh
    assert read["price"] == taxonomy()["price"]
    assert "logistics" not in read and len(read) == len(KNOWN) - 1
