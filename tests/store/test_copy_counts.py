"""Copies counted anew are those that are counted one by one, forgotten texts included."""

from __future__ import annotations

import random
from pathlib import Path

import pyarrow as pa
import pytest

from guandian.domain import Review, Span
from guandian.store.duck import Duck
from guandian.store.parts import copy_counts
from guandian.store.parts.copy_counts import count_anew
from guandian.store.parts.store_rows import OUT, Counting, state_of, wording_text
from guandian.text.copied_texts import Copies, Wording

from .mined_pairs import generated

Told = list[tuple[Wording, str | None]]


def limited(most: int) -> Counting:
    return Counting(Copies(most), Copies(most))


def told(rng: random.Random, number: int) -> Told:
    """Reviews of one column or two, short and long ones, of which some come again."""
    rows: Told = []
    for place in range(number):
        words = f"这一段话有七个字以上吧{rng.choice([place, place, rng.randrange(9)])}"
        text = rng.choice([words, words, "很好", f"好{rng.randrange(5)}"])
        parts = {}
        if rng.random() < 0.3:
            title = rng.choice(["一个不算短的标题写在这里", f"标题也是各不相同的{place}", "好"])
            parts = {"title": Span(0, len(title)), "body": Span(len(title), len(title + text))}
            text = title + text
        judging = frozenset(parts) if rng.random() < 0.8 else frozenset()
        product = rng.choice([None, "甲", "乙"])
        rows.append((Wording.of(Review(str(place), text, parts=parts), judging), product))
    return rows


@pytest.mark.parametrize("most", [3, 40, 200_000])
def test_counted_anew_as_one_by_one(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copy_counts, "Counting", lambda: limited(most))
    rng = random.Random(most)
    for number in (0, 1, 30, 300, 300):
        rows, wanted = told(rng, number), limited(most)
        gone = {row for row in range(number) if rng.random() < 0.1}
        left = [row for row in range(number) if row not in gone]
        weighed = {row: wanted.weigh(*rows[row]) for row in left}
        states = [
            (state_of(whole), state_of(within) if rows[row][1] else OUT)
            for row, (whole, within) in (
                (row, weighed.get(row, (None, None))) for row in range(number)
            )
        ]
        wrong = {row for row in left if rng.random() < 0.05}
        table = pa.table(
            {
                "row": pa.array(range(number), pa.int64()),
                "product": pa.array([product for _, product in rows], pa.string()),
                "wording": pa.array([wording_text(wording) for wording, _ in rows], pa.string()),
                "first": pa.array(
                    [-7 if row in wrong else states[row][0] for row in range(number)], pa.int8()
                ),
                "again": pa.array([state for _, state in states], pa.int8()),
            }
        )
        counting, copied = count_anew(table, gone, remember=True)
        changed = wrong | {row for row in left if 1 in states[row]}
        assert copied == {row: weighed[row] for row in changed}
        following = told(rng, 60)
        assert [counting.weigh(*row) for row in following] == [
            wanted.weigh(*row) for row in following
        ]


def test_a_store_tells_the_wordings(tmp_path: Path) -> None:
    """Rows of a store as they are written count as they stand there."""
    from guandian.store import Store

    with Store.open(tmp_path, write=True, threads=1) as store:
        store.load(generated(400))
        generation = store.reader().generation
    duck = Duck(threads=1)
    folder = tmp_path / "opinions" / "main"
    table = duck.table(
        "wordings", {"reviews": [str(folder / n) for n in generation.parts("reviews")]}
    )
    _, copied = count_anew(table, (), remember=False)
    partly = {row["row"] for row in table.to_pylist() if 1 in (row["first"], row["again"])}
    assert partly and set(copied) == partly
    assert any(row["first"] == 0 for row in table.to_pylist())
    duck.close()
