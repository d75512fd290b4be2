"""Search finds what a plain `contains` finds, in Chinese and in English."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guandian.report import Aggregate, Filter
from guandian.store import Selection, Store, StoreReader
from guandian.store.text_search import (
    folded,
    grams_of,
    hits_of,
    matching_rows,
    range_of,
    rows_of,
    wanted_grams,
)

from .mined_pairs import Pair, generated

ODD = (
    "ＡＢＣ 全角 Straße İstanbul",
    "螢幕很清晰，電池不耐用",
    "哈哈哈哈哈哈哈 好好好好好",
    "<b>很好</b>&amp;很 好\n👍🏽👨‍👩‍👧",
    "很",
    "",
    "e\u0301te\u0301 屏\u200b幕",
    "屏幕屏幕屏幕",
)


@pytest.fixture(scope="module")
def pairs() -> list[Pair]:
    pairs = list(generated(300))
    for k, text in enumerate(ODD):
        review, mined = pairs[k]
        plain = replace(review, text=text or " ", parts={})
        pairs[k] = plain, replace(mined, opinions=())
    return pairs


@pytest.fixture(scope="module")
def reader(pairs: list[Pair], tmp_path_factory: pytest.TempPathFactory) -> Iterable[StoreReader]:
    with Store.open(tmp_path_factory.mktemp("store"), write=True, threads=1) as store:
        store.load(pairs[:200])
        store.load(pairs[200:])
        yield store.reader()


def test_any_words_are_found_where_contains_finds_them(
    reader: StoreReader, pairs: list[Pair]
) -> None:
    rng = random.Random(3)
    sought = ["屏幕", "幕", "e", "很 好", "ＳＣＲＥＥＮ", "螢幕", "xq", "哈哈哈", "ss", "\u200b"]
    for _ in range(60):
        text = rng.choice(pairs)[0].text
        start = rng.randrange(len(text))
        sought.append(text[start : start + rng.randint(1, 8)])
    for words in sought:
        key = folded(words)
        wanted = {review.id for review, _ in pairs if key and key in folded(review.text)}
        page = reader.search(words, limit=1000)
        assert {hit.review.id for hit in page.items} == wanted, words
        assert page.total == len(wanted)
        for hit in page.items:
            assert hit.hits, words
            for span in hit.hits:
                assert key in folded(span.of(hit.review.text)), (words, span)


def test_pages_go_on_where_the_last_one_ended(reader: StoreReader) -> None:
    whole = reader.search("屏", limit=1000)
    names = [hit.review.id for hit in whole.items]
    days = [hit.review.time or "" for hit in whole.items]
    assert days[0][:10] >= days[1][:10]
    pieces = [reader.search("屏", limit=7, offset=start) for start in range(0, whole.total, 7)]
    assert [hit.review.id for page in pieces for hit in page.items] == names
    assert {page.total for page in pieces} == {whole.total}
    beyond = reader.search("屏", limit=7, offset=10**9)
    assert (beyond.total, beyond.items) == (whole.total, ())
    assert reader.search("").total == 0


def test_numbers_of_the_reviews_with_some_words(reader: StoreReader, pairs: list[Pair]) -> None:
    for words in ("屏幕", "e", "服"):
        total = Aggregate()
        for review, mined in Filter(containing=words).keep(pairs):
            total.add(review, mined)
        shown = reader.overview(Selection(containing=words))
        assert shown.reviews == total.reviews
        assert shown.aside == dict(total.aside)


def test_a_selection_narrows_the_search(reader: StoreReader) -> None:
    for product in ("Kite 14", "O'Brien; drop table"):
        found = reader.search("屏", Selection(products=(product,)), limit=1000)
        assert found.items
        assert {hit.review.product for hit in found.items} == {product}


@settings(max_examples=150)
@given(
    st.lists(st.text(alphabet="屏幕很好aB \n😀", max_size=12), min_size=1, max_size=6),
    st.text(alphabet="屏幕很好aB 😀", min_size=1, max_size=8),
)
def test_the_index_is_a_plain_contains(texts: list[str], words: str) -> None:
    rows = [5 + 3 * k for k in range(len(texts))]
    grams, places = grams_of(texts, rows)
    if ends := range_of(words):
        inside = places[(grams >= ends[0]) & (grams <= ends[1])]
        seen = set(rows_of(inside).tolist())
    else:
        wanted = wanted_grams(words)
        seen = set(matching_rows({g: places[grams == g] for g in wanted}, wanted).tolist())
    assert seen == {row for row, text in zip(rows, texts, strict=True) if words in text}


def test_hits_stand_in_the_raw_text() -> None:
    text = "<i>ＯＫ</i> ok！ oK"
    assert [span.of(text) for span in hits_of("ok", text)] == ["ＯＫ", "ok", "oK"]
    assert hits_of("", text) == []
