"""Changed texts keep their labels, and a model is counted by what it then gets wrong."""

from __future__ import annotations

from pathlib import Path

from guandian.audits.stress.disturbances import disturbances, disturbed
from guandian.data import load
from guandian.text.cleaning import clean

ROOT = Path(__file__).parent.parent.parent.parent
RECORDS = load("guandian-written", ROOT, "dev")[:40]


def test_equal_seeds_give_equal_copies_and_another_seed_others() -> None:
    for name, change in disturbances().items():
        pairs = disturbed(RECORDS, name, change, 1)
        assert len(pairs) > 15, name
        assert pairs == disturbed(RECORDS[::-1], name, change, 1)[::-1]
        assert pairs != disturbed(RECORDS, name, change, 2)


def test_what_nobody_sees_is_cleaned_away() -> None:
    for record, copy in disturbed(RECORDS, "zero-width", disturbances()["zero-width"], 1):
        assert clean(copy.text)[0] == clean(record.text)[0]
        assert len(copy.text) > len(record.text)
