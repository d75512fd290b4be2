"""Names of a catalogue in what people write: spellings, edits, and what is left open."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guandian.knowledge.linking.linker import MOST_SHOWN, THINGS, Linker
from guandian.knowledge.linking.name_forms import compared_form, edits, most_edits, name_key
from guandian.knowledge.linking.near_names import NearNames
from guandian.knowledge.product_graph import CatalogueEntry, ProductGraph

from .catalogues import MATE, MI14, linker

HAN = [chr(0x4E00 + k) for k in range(2000)]


@pytest.mark.parametrize(
    ("words", "how"),
    [
        ("Mate 60 Pro", "name"),
        ("ｍａｔｅ－６０ｐｒｏ", "name"),
        ("華為 Mate60Pro", "full"),
        ("m60p", "alias"),
        ("Matr 60 Pro", "near"),
        (MATE, "id"),
    ],
)
def test_spellings_of_one_thing_meet(tmp_path: Path, words: str, how: str) -> None:
    (met,) = linker(tmp_path).candidates(words, THINGS)
    assert (met.id, met.how) == (MATE, how)


def test_another_number_is_another_thing(tmp_path: Path) -> None:
    names = linker(tmp_path)
    assert names.candidates("Mate 50 Pro", THINGS) == ()
    assert names.candidates("小米13", THINGS) == ()


def test_several_that_are_as_likely_stay_several(tmp_path: Path) -> None:
    names = linker(tmp_path)
    parts = names.candidates("屏幕", ("part",))
    assert len(parts) == 3
    left_open = names.link("aspect", "屏幕", None, parts)
    assert left_open is not None and left_open.id == "" and len(left_open.candidates) == 3
    decided = names.link("aspect", "屏幕", None, parts, [("product", {MI14})])
    assert decided is not None
    assert (names.graph[decided.id].parents, decided.by) == ((MI14,), "product")
    assert len(decided.candidates) == 3  # the others stay to be seen
    assert names.link("aspect", "屏幕", None, ()) is None


def test_names_in_a_text_the_longest_first_and_no_part_of_a_word(tmp_path: Path) -> None:
    names = linker(tmp_path)
    text = "👍換了Mate 60-Pro，比 小米14 好；mi14x、15、iphone15不要"
    met = names.mentions(text, ("brand", *THINGS))
    assert [mention.span.of(text) for mention in met] == ["Mate 60-Pro", "小米14", "iphone15"]


def test_edits_are_bounded_and_spare_digits() -> None:
    assert edits("iphone", "ihpone", 2) == 1  # neighbours swapped
    assert edits("abcdef", "abcxyz", 2) is None
    assert edits("x100", "x200", 2) is None
    assert edits("同", "同", 0) == 0


@given(st.text(max_size=40))
def test_a_folded_text_points_back(text: str) -> None:
    plain = compared_form(text)
    assert len(plain.text) == len(plain.at) and list(plain.at) == sorted(plain.at)
    assert all(0 <= place < len(text) for place in plain.at)
    assert name_key(text) == (plain.text or text)


def test_a_part_of_thousands_of_products_is_linked_at_once() -> None:
    products = [CatalogueEntry(f"m{n}", "model", f"型号甲{n}") for n in range(6000)]
    parts = [CatalogueEntry(f"p{n}", "part", "屏幕", parents=(f"m{n}",)) for n in range(6000)]
    began = time.process_time()
    names = Linker(ProductGraph([*products, *parts]))
    met = names.candidates("屏幕", ("part",))
    left_open = names.link("aspect", "屏幕", None, met)
    decided = names.link("aspect", "屏幕", None, met, (("product", {"m4321"}),))
    assert left_open is not None and decided is not None
    assert (left_open.id, len(left_open.candidates)) == ("", MOST_SHOWN)
    assert (decided.id, decided.by, decided.candidates[0].id) == ("p4321", "product", "p4321")
    assert time.process_time() - began < 5  # by pairs of candidates it took a quarter of a minute


@given(
    st.lists(st.text("ab1的屏😀", min_size=1, max_size=11), max_size=25, unique=True),
    st.text("ab1的屏😀", max_size=11),
)
def test_near_names_are_those_that_a_look_at_each_finds(names: list[str], key: str) -> None:
    near = {other: number for other in names if (number := edits(key, other, most_edits(key)))}
    assert dict(NearNames(names).of(key)) == near


def test_a_name_is_found_among_many_without_a_look_at_each() -> None:
    draw = random.Random(1)
    names = {"".join(draw.choices(HAN, k=draw.randint(5, 12))) for _ in range(30_000)}
    known = NearNames(sorted(names))
    asked = ["".join(draw.choices(HAN, k=9)) for _ in range(200)]
    wrong = [name[:3] + "错" + name[4:] for name in sorted(names)[:100]]
    begun = time.process_time()
    assert not any(list(known.of(name)) for name in asked)
    assert all(list(known.of(name)) for name in wrong)
    assert time.process_time() - begun < 1.5, "a look at each takes minutes"
