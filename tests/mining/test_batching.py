from __future__ import annotations

import threading
import time
import tracemalloc
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from guandian.domain import Language, Mined, Review
from guandian.files import StandardOutput
from guandian.mining.batching import Answers, LazyMiner
from guandian.mining.chunks import chunk_name, chunks
from guandian.mining.inputs import Inputs
from guandian.mining.job import Job, Watch
from guandian.mining.stream import mine_live

from .tiny import TinyMiner, model, texts


def reviews(*given: str) -> list[Review]:
    return [Review(f"r{n}", text) for n, text in enumerate(given)]


def test_answers_carry_the_ids_of_their_askers() -> None:
    miner = TinyMiner()
    with Answers(model(miner)) as answers:
        first = answers.ask(reviews("屏幕很清晰😀", "很划算", "屏幕很清晰😀"))
        second = answers.ask([Review("other", "很划算")])
        assert [found.review_id for found in first.wait()] == ["r0", "r1", "r2"]
        (found,) = second.wait()
    assert (found.review_id, found.opinions[0].category) == ("other", "price")
    assert sorted(miner.asked) == ["屏幕很清晰😀", "很划算"]
    assert (first.recalled, second.recalled) == (1, 1)


def test_a_language_that_was_given_counts() -> None:
    with Answers(model()) as answers:
        pair = [Review("1", "好"), Review("2", "好", language=Language.OTHER)]
        found = answers.ask(pair).wait()
    assert [one.language for one in found] == [Language.MIXED, Language.OTHER]


def test_what_is_remembered_is_bounded_and_what_is_asked_often_stays() -> None:
    miner = TinyMiner()
    long = "屏幕很清晰😀" * 100
    with Answers(model(miner), remembered=3) as answers:
        for batch in (["好"], ["一", "二"], ["好"], ["三", long], ["好"], ["一"], [long]):
            answers.ask(reviews(*batch)).wait()
    assert miner.asked.count("好") == 1
    assert miner.asked.count("一") == 2
    assert miner.asked.count(long) == 2


def test_the_model_is_opened_once_and_only_when_needed() -> None:
    opened: list[TinyMiner] = []
    one = LazyMiner("key", "tiny@1", lambda: opened.append(TinyMiner()) or opened[-1])  # type: ignore[func-returns-value]
    known = TinyMiner().mine(reviews("好", "坏😀"))
    with Answers(one, workers=4) as answers:
        assert answers.ask(reviews("好", "坏😀"), known).wait() == known
        assert answers.ask(reviews("坏😀")).wait()[0].model == "tiny@1"
        assert not opened
        answers.ask(reviews(*texts(2000, distinct=True))).wait()
    assert len(opened) == 1


def test_chunks_are_bounded_by_rows_and_by_characters() -> None:
    given = reviews("a", "bb", "ccc", "d" * 50, "e", "f")
    cut = [[r.text[0] for r in chunk] for chunk in chunks(given, rows=2, characters=10)]
    assert cut == [["a", "b"], ["c"], ["d"], ["e", "f"]]
    assert [len(c) for c in chunks(given, rows=3, characters=1000)] == [3, 3]
    assert list(chunks([])) == []


def test_a_chunk_is_named_by_all_that_it_holds() -> None:
    base = Review("1", "😀", extra={"a": "b"})
    others = [
        Review("2", "😀", extra={"a": "b"}), Review("1", "😁", extra={"a": "b"}),
        Review("1", "😀", extra={"a": "c"}), Review("1", "😀"),
        *(Review("1", "😀", extra={"a": "b"}, **{f: "x"}) for f in ("product", "brand", "user")),
        Review("1", "😀", extra={"a": "b"}, rating=1.0),
        Review("1", "😀", extra={"a": "b"}, time="2026-01-01"),
    ]  # fmt: skip
    names = {chunk_name([one], "k") for one in (base, *others)}
    names |= {chunk_name([base], "l"), chunk_name([base, base], "k"), chunk_name([], "k")}
    assert len(names) == len(others) + 4
    assert chunk_name([base], "k") == chunk_name([Review("1", "😀", extra={"a": "b"})], "k")


class Fails(TinyMiner):
    def mine(self, reviews: object) -> list[Mined]:
        raise ArithmeticError("lost")


def test_a_failure_while_reading_on_is_told(capsysbinary: object) -> None:
    read = 0

    def endless() -> Iterator[Review]:
        nonlocal read
        while True:
            read += 1
            yield Review("1", f"好{read}")

    with Answers(model(Fails())) as answers, pytest.raises(ArithmeticError, match="lost"):
        mine_live(endless(), answers, StandardOutput(), Watch())
    assert read < 1_000_000


def test_live_answers_do_not_wait_for_more(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    seen = threading.Event()

    class Sees(Watch):
        def mined(self, reviews: object, mined: object, *, earlier: bool) -> None:
            seen.set()

    def slow() -> Iterable[Review]:
        yield Review("1", "屏幕很清晰😀")
        assert seen.wait(60)
        time.sleep(0.01)
        yield Review("2", "很划算")

    with Answers(model()) as answers:
        counts = mine_live(slow(), answers, StandardOutput(), Sees())
    assert (counts.reviews, counts.opinions) == (2, 2)
    assert len(capsysbinary.readouterr().out.splitlines()) == 2


def test_memory_does_not_grow_with_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("guandian.mining.batching.SHORT", 0)  # what is remembered fills up first
    peaks = []
    for number in (120, 480):  # both longer than the blocks that files are read in
        rows = [f"{text},{'x' * 40_000}" for text in texts(number, distinct=True)]
        (tmp_path / "in.csv").write_text("\n".join(["text,more", *rows]), encoding="utf-8")
        inputs = Inputs((str(tmp_path / "in.csv"),))
        one = Job(inputs, tmp_path / "out.jsonl", model(), mode="overwrite", rows=10)
        tracemalloc.start()
        one.run()
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.15 * peaks[0]
