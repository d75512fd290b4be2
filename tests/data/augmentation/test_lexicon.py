from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from guandian.data.augmentation import Vectors, load_lexicon, neighbour_words, read_vectors
from guandian.data.augmentation.characters import homophones, look_alikes
from guandian.data.augmentation.synonyms import is_negation
from guandian.domain import Labelled, Polarity, Quad, Span
from guandian.errors import BadRow, GuandianError

FOLDER = files("guandian.data.augmentation")
LOOKS = files("guandian.text.disguises")


def groups() -> list[tuple[str, list[str]]]:
    lines = FOLDER.joinpath("synonyms.tsv").read_text("utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    return [(row[0], row[1:]) for row in rows]


def test_the_shipped_lexicon_has_hundreds_of_groups_of_both_languages() -> None:
    chinese = [words for _, words in groups() if not words[0].isascii() and len(words) > 1]
    english = [words for _, words in groups() if words[0].isascii() and len(words) > 1]
    assert len(chinese) > 200
    assert len(english) > 150
    assert {polarity for polarity, _ in groups()} == {"+", "-", "="}


def test_a_group_negates_as_a_whole_or_not_at_all() -> None:
    for _, words in groups():
        assert len({is_negation(word) for word in words}) == 1, words


def test_an_own_lexicon_wins_and_what_judges_in_it_is_guarded(tmp_path: Path) -> None:
    path = tmp_path / "own.tsv"
    path.write_text("# 我的\n\n=\t清晰\t锐利\n+\tYYDS\t绝绝子😀\n", encoding="utf-8")
    lexicon = load_lexicon(path)
    assert lexicon.others["清晰"] == ("锐利",)
    assert lexicon.others["yyds"] == ("绝绝子😀",)
    assert lexicon.guards("Yyds")
    assert lexicon.guards("太差劲了")
    assert not lexicon.guards("快递")


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("好\t棒", "needs .*, a tab and words"),
        ("+", "needs .*, a tab and words"),
        ("+\t好\t好", "'好' stands twice"),
        ("-\tnever\tseldom", "'never' negates"),
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, row: str, told: str) -> None:
    path = tmp_path / "own.tsv"
    path.write_text(f"=\t甲\t乙\n{row}\n", encoding="utf-8")
    with pytest.raises(BadRow, match=f"own.tsv, line 2: {told}"):
        load_lexicon(path)
    with pytest.raises(GuandianError, match="no lexicon"):
        load_lexicon(tmp_path / "none.tsv")
    path.write_bytes("=\t甲\t乙".encode("gb18030"))
    with pytest.raises(GuandianError, match="not UTF-8"):
        load_lexicon(path)


def test_look_alikes_are_over_a_hundred_groups_that_differ() -> None:
    lines = LOOKS.joinpath("look_alikes.txt").read_text("utf-8").splitlines()[1:]
    assert len(lines) > 100
    assert all(len(set(line)) == len(line) > 1 for line in lines)
    assert look_alikes("😀己末", [1, 2]) == {1: ("已", "巳"), 2: ("未", "抹")}


def test_homophones_are_common_characters_read_in_their_words() -> None:
    text = "😀银行很行，㐂"
    found = homophones(text, [1, 2, 3, 4, 6])
    assert "航" in found[2]
    assert "航" not in found[4]
    assert "型" in found[4]
    assert found[6] == []  # a character that nobody reads
    assert all(text[place] not in candidates for place, candidates in found.items())


def test_neighbours_are_words_outside_spans_and_near() -> None:
    quad = Quad(Span(0, 2), Span(3, 5), None, Polarity.POSITIVE)
    records = [Labelled("1", "屏幕 清晰😀昨天 今天 The box 我", "own", (quad,))]
    names = neighbour_words(records)
    assert sorted(names) == ["box", "the", "今天", "昨天"]
    rows = np.array([[1, 0], [0.9, 0.1], [-1, 0], [0, 0]], np.float32)
    vectors = Vectors(names, rows)
    assert vectors.nearest(names[0]) == (names[1],)
    assert vectors.nearest(names[3]) == vectors.nearest("else") == ()


def test_vectors_are_read_from_text_of_either_form(tmp_path: Path) -> None:
    path = tmp_path / "v.txt"
    rows = "昨天 1 0\n今天 0.9 0.1\n. . 1 0\n别的 nan x\n"
    for head in ("", "4 2\n"):
        path.write_text(head + rows, encoding="utf-8")
        assert read_vectors(path, ["昨天", "今天"]).nearest("昨天") == ("今天",)
    for wanted, told in (("别的", "line 5: "), ("没有", "none of the 1 word")):
        with pytest.raises(GuandianError, match=told):
            read_vectors(path, [wanted])
    path.write_text("昨天 1 0\n今天 inf 0\n短 1\n", encoding="utf-8")
    for wanted, told in (
        ("今天", "line 2: .*not a finite number"),
        ("昨天", "line 3: .*where other words have 2"),
    ):
        with pytest.raises(BadRow, match=told):
            read_vectors(path, [wanted])
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(GuandianError, match="not a word and its numbers"):
        read_vectors(path, ["昨天"])
    with pytest.raises(GuandianError, match="there is no file"):
        read_vectors(tmp_path / "none.txt", ["昨天"])
