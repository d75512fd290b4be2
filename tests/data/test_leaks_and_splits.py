from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guandian.data.leaks import count_overlaps, drop_leaks, find_leaks, text_key
from guandian.data.splits import balanced, sample, split
from guandian.domain import Labelled, Polarity
from guandian.errors import GuandianError


def record(text: str, id: str = "1", dataset: str = "own") -> Labelled:
    return Labelled(id, text, dataset)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Good battery life .", "good battery life."),
        ("ＶＩＰ 服务，好！", "vip服务,好!"),
        ("好用😀\u3000真的", "好用😀真的"),
        ("I did n't like it", "I didn't like it"),
    ],
)
def test_width_case_and_blanks_do_not_count(one: str, other: str) -> None:
    assert text_key(one) == text_key(other)


def test_other_differences_count() -> None:
    assert text_key("好用😀") != text_key("好用😁")
    assert text_key("好用。") != text_key("好用")


def test_leaks_name_the_places_and_repeats_inside_one_are_none() -> None:
    places = {
        "a/train": [record("好用", "1"), record("好用", "2"), record("只在这里", "3")],
        "a/dev": [record("好 用", "9")],
        "b/train": [record("好用", "7", "b"), record("Twice", "8"), record("twice", "9")],
    }
    leaks = find_leaks(places)
    assert [leak.text for leak in leaks] == ["好用"]
    assert leaks[0].places == (("a/train", "1"), ("a/train", "2"), ("a/dev", "9"), ("b/train", "7"))
    assert count_overlaps(leaks) == {
        ("a/train", "a/dev"): 1,
        ("a/train", "b/train"): 1,
        ("a/dev", "b/train"): 1,
    }


def test_training_drops_what_stands_in_any_dev_and_says_how_many() -> None:
    train = [
        record("好用"),
        record("不好用"),
        record("GREAT .", dataset="en"),
        record("ok", dataset="c"),
    ]
    kept, dropped = drop_leaks(train, [record("great."), record("好用", dataset="x")])
    assert [r.text for r in kept] == ["不好用", "ok"]
    assert dropped == {"own": 1, "en": 1, "c": 0}


TEXTS = st.lists(st.sampled_from(["好", "坏", "Ok", "ok ", "ＯＫ", "😀", *"abcdefgh"]), max_size=40)


def records(texts: list[str]) -> list[Labelled]:
    return [record(text, str(i)) for i, text in enumerate(texts)]


@settings(max_examples=80, deadline=None)
@given(TEXTS, st.integers(0, 5))
def test_a_split_parts_the_records_and_never_a_text(texts: list[str], seed: int) -> None:
    def parted(rows: list[Labelled]) -> list[list[Labelled]]:
        return list(split(rows, {"train": 0.7, "dev": 0.3}, seed=seed).values())

    rows = records(texts)
    parts = parted(rows)
    assert sorted((r.id for part in parts for r in part), key=int) == [r.id for r in rows]
    keys = [{text_key(r.text) for r in part} for part in parts]
    assert sum(map(len, keys)) == len(set().union(*keys))
    assert all(part == sorted(part, key=lambda r: int(r.id)) for part in parts)
    shuffled = rows[:]
    random.Random(seed).shuffle(shuffled)
    assert [{r.text for r in part} for part in parted(shuffled)] == [
        {r.text for r in part} for part in parts
    ]


def test_sizes_and_seeds() -> None:
    rows = records([f"第{i}条评论😀" for i in range(1000)])
    parts = split(rows, {"train": 0.8, "dev": 0.1, "test": 0.1}, seed=3)
    assert [len(part) for part in parts.values()] == [800, 100, 100]
    assert parts == split(rows, {"train": 0.8, "dev": 0.1, "test": 0.1}, seed=3)
    assert parts != split(rows, {"train": 0.8, "dev": 0.1, "test": 0.1}, seed=4)


def test_samples_are_seeded_and_nested() -> None:
    rows = records([str(i) for i in range(100)])
    ten, twenty = sample(rows, 10, seed=1), sample(rows, 20, seed=1)
    assert len(ten) == 10
    assert {r.id for r in ten} < {r.id for r in twenty}
    assert sample(rows, 10, seed=2) != ten
    assert sample(rows, 500) == rows


def test_wrong_shares_are_refused() -> None:
    with pytest.raises(GuandianError, match="do not sum to 1"):
        split([], {"train": 0.8})


def test_neither_group_nor_length_tells_the_sentiment_of_a_balanced_sample() -> None:
    random_ = random.Random(1)
    rows = []
    for number in range(400):
        positive, group = random_.random() < 0.5, random_.choice("ab")
        # Complaints are long, and most of group b; every text is another.
        size = random_.randint(5, 40 if positive else 120)
        if group == "b" and positive and random_.random() < 0.7:
            continue
        polarity = Polarity.POSITIVE if positive else Polarity.NEGATIVE
        text = f"{number:03d}" + "好" * size
        rows.append(Labelled(str(number), text, "own", sentiment=polarity, group=group))
    unlabelled = record("没有标签")
    kept = balanced([*rows, unlabelled])
    assert unlabelled in kept
    assert kept == [row for row in [*rows, unlabelled] if row in kept]
    assert 40 < len(kept) < len(rows)
    for group in "ab":
        lengths = {
            polarity: [len(r.text) for r in kept if (r.group, r.sentiment) == (group, polarity)]
            for polarity in (Polarity.POSITIVE, Polarity.NEGATIVE)
        }
        assert len(lengths[Polarity.POSITIVE]) == len(lengths[Polarity.NEGATIVE]) > 5
        means = [sum(some) / len(some) for some in lengths.values()]
        assert 0.8 < means[0] / means[1] < 1.25
    assert {r.id for r in balanced(reversed(rows))} == {r.id for r in balanced(rows)}


def test_a_changed_copy_leaks_and_splits_with_the_text_that_it_was_made_from() -> None:
    texts = [Labelled(str(number), f"第{number}条评论😀", "own") for number in range(40)]
    copies = [
        replace(one, id=f"{one.id}+{k}", text=f"{one.text}改{k}", original=one.text)
        for one in texts
        for k in (1, 2)
    ]
    parts = split([*texts, *copies], {"train": 0.7, "dev": 0.3}, seed=3)
    part_of = {record.id: name for name, rows in parts.items() for record in rows}
    assert len(set(part_of.values())) == 2
    assert all(part_of[copy.id] == part_of[copy.id[:-2]] for copy in copies)
    kept, dropped = drop_leaks([*copies, texts[1]], texts[:1])
    assert dropped == {"own": 2}
    assert {copy.original for copy in kept if copy.original} == {one.text for one in texts[1:]}
    assert drop_leaks(texts[:2], copies[:1])[0] == texts[1:2]
    (leak,) = find_leaks({"dev": texts[:1], "train": [copies[0], copies[2]]})
    assert leak.places == (("dev", "0"), ("train", "0+1"))
    assert find_leaks({"train": [texts[0], copies[0], copies[1]]}) == []
