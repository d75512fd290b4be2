from __future__ import annotations

from pathlib import Path

from guandian.domain import Review
from guandian.mining.duplicate_ids import RepeatedIds
from guandian.mining.inputs import Inputs
from guandian.mining.job import Job

from .tiny import TinyMiner, model


def count(*ids: str, most: int) -> int:
    repeated = RepeatedIds(most)
    reviews = [Review(id, "好😀") for id in ids]
    assert list(repeated.watch(reviews)) == reviews
    return repeated.count


def test_an_id_is_found_again_as_far_back_as_is_promised() -> None:
    for most in (1, 3, 10):
        for begun in range(most):
            others = [f"other {k}" for k in range(begun + most - 1)]
            assert count(*others[:begun], "7", *others[begun:], "7", "7", most=most) == 2


def test_what_is_remembered_is_bounded() -> None:
    assert count(*map(str, range(40)), "0", most=10) == 0
    repeated = RepeatedIds(10)
    for _ in repeated.watch(Review(str(k), "好") for k in range(95)):
        assert len(repeated._recent) + len(repeated._older) < 20


def test_a_job_counts_them_over_its_chunks_and_files(tmp_path: Path) -> None:
    for name in ("in.csv", "more.csv"):
        rows = "".join(f"{k},第{k}条😀\n" for k in range(25))
        (tmp_path / name).write_text(f"id,text\n{rows}0,又一条\n", "utf-8")
    paths = tuple(str(tmp_path / name) for name in ("in.csv", "more.csv"))
    done = Job(Inputs(paths), tmp_path / "out.jsonl", model(TinyMiner()), rows=9).run()
    assert (done.counts.reviews, done.counts.repeated_ids) == (52, 27)
