"""Disguised words are written back, every character keeps its raw place, and clean texts stay."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guandian.audits.stress.disturbances import disturbances, disturbed
from guandian.data import load
from guandian.domain import Span
from guandian.text.cleaning import clean
from guandian.text.disguises.restoring import KINDS, WordRestorer, restoring
from guandian.text.disguises.spellings import (
    by_look,
    by_reading,
    joined_parts,
    near_sound,
    readings,
    same_sound,
    split_parts,
)

ROOT = Path(__file__).parent.parent.parent.parent
RECORDS = load("guandian-written", ROOT, "dev")[:120]
ALPHABET = "好吃难喝味到道块快女子弓虽氵漂亮很haochiо📦😀，。 a1\u200b"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("味到不错", "味道不错"),
        ("快递态度嚎，速度块", "快递态度好，速度快"),
        ("味道很女子吃，弓虽烈推荐😀", "味道很好吃，强烈推荐😀"),
        ("味道很haochi，下次还来", "味道很好吃，下次还来"),
        ("苦瓜煎蛋饼都📦煎糊了", "苦瓜煎蛋饼都煎糊了"),
        ("服务态度很好，包🧾装也好", "服务态度很好，包装也好"),
        ("质量非常不措", "质量非常不错"),
        ("服务态态度很好", "服务态度很好"),
        ("gооd quality", "good quality"),
    ],
)
def test_what_is_disguised_is_written_back(written: str, meant: str) -> None:
    assert clean(written, restoring())[0] == meant


@pytest.mark.parametrize(
    "text",
    [
        "屏幕很清晰，就是电池不耐用",
        "味道不错😊下次还来",
        "女子防身用的，孩子喜欢",
        "The screen is great, nice and bright",
        "性价比高，app很nice",
        "хорошо",
        "",
        "，",
        "hao",
    ],
)
def test_what_is_meant_is_left_alone(text: str) -> None:
    assert clean(text, restoring())[0] == clean(text)[0]


@given(st.text(st.sampled_from(ALPHABET), max_size=30))
def test_every_character_has_its_raw_place(text: str) -> None:
    cleaned, alignment = clean(text, restoring())
    assert (alignment.length, alignment.raw_length) == (len(cleaned), len(text))
    reached = 0
    for at in range(len(cleaned)):
        raw = alignment.to_raw(Span(at, at + 1))
        assert 0 <= raw.start < raw.end <= len(text)
        assert raw.start >= reached or raw.end > reached
        reached = max(reached, raw.start)


def test_few_characters_of_clean_reviews_change_and_most_disguised_ones_come_back() -> None:
    restore = WordRestorer()
    clean_texts = [clean(record.text)[0] for record in RECORDS]
    changed = sum(_differ(text, restore(text)[0]) for text in clean_texts)
    assert changed / 2 <= 0.025 * sum(map(len, clean_texts))
    for name in ("homophones", "split", "pinyin"):
        pairs = disturbed(RECORDS, name, disturbances()[name], 1)
        back = sum(_differ(o.text, restore(c.text)[0]) for o, c in pairs)
        assert back < 0.6 * sum(_differ(o.text, c.text) for o, c in pairs), name


def _differ(first: str, second: str) -> int:
    """How many characters of one text do not stand in the other, both ways."""
    from collections import Counter

    one, other = Counter(first), Counter(second)
    return (one - other).total() + (other - one).total()


def test_only_the_kinds_asked_for_are_written_back() -> None:
    cases = {
        "homophones": ("快递态度嚎", "快递态度好"),
        "look-alikes": ("质量非常不措", "质量非常不错"),
        "split": ("弓虽烈推荐", "强烈推荐"),
        "pinyin": ("味道很haochi，下次还来", "味道很好吃，下次还来"),
        "emoji": ("味道很📦好", "味道很好"),
        "typos": ("服务态态度很好", "服务态度很好"),
    }
    for kind in KINDS:
        text, meant = cases[kind]
        assert WordRestorer()(text)[0] == meant
        others = frozenset(KINDS) - ({kind, "homophones"} if kind == "look-alikes" else {kind})
        assert WordRestorer(others)(text)[0] != meant, kind


def test_what_negates_is_never_written_over() -> None:
    for text in ("味道未错", "不哈哈", "没快递"):
        assert clean(text, restoring())[0] == text


def test_the_tables_are_whole() -> None:
    assert len(split_parts()) == len(joined_parts()) > 450
    assert all(
        len(parts) == 2 and character not in parts for character, parts in split_parts().items()
    )
    assert len(readings()) == 6763 and "hao" in by_reading()
    assert "号" in same_sound("好") and "好" not in same_sound("好")
    assert "止" in near_sound("自") or "之" in near_sound("自")
    assert by_look()["己"] == ("已", "巳")
