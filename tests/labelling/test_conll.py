"""CoNLL as it is found: # and blanks as words, comments, characters, words that are sentences."""

from __future__ import annotations

from pathlib import Path

import pytest

from guandian.domain import Labelled
from guandian.errors import BadRow, GuandianError
from guandian.labelling import Notes, read_items


def load(
    tmp_path: Path, text: str, tool: str = "conll"
) -> tuple[list[Labelled], list[BadRow], Notes]:
    path, bad, notes = tmp_path / "a.conll", list[BadRow](), Notes()
    path.write_text(text, "utf-8")
    items = list(read_items(path, tool, notes, on_error=bad.append))
    return [item.record for item in items], bad, notes


def found(record: Labelled) -> list[tuple[str, str]]:
    return [(each.span.of(record.text), each.type) for each in record.entities or ()]


def lines(text: str, tags: str, separator: str = " ") -> str:
    rows = zip(text, tags.split(), strict=True)
    return "".join(f"{character}{separator}{tag}\n" for character, tag in rows) + "\n"


@pytest.mark.parametrize("separator", [" ", "\t", " -X- _ "])
def test_a_number_sign_is_a_word_where_it_has_a_tag(tmp_path: Path, separator: str) -> None:
    text = lines("#双十一#买了华为😀", "O O O O O O O B-brand I-brand O", separator)
    records, bad, _ = load(tmp_path, text + lines("#好", "B-tag I-tag", separator))
    assert bad == []
    assert [record.text for record in records] == ["#双十一#买了华为😀", "#好"]
    assert found(records[0]) == [("华为", "brand")]
    assert found(records[1]) == [("#好", "tag")]
    assert {record.entity_types for record in records} == {("brand", "tag")}


def test_comments_are_left_out_and_cut_nothing(tmp_path: Path) -> None:
    head = "#\n# sent_id = 1\n# text = 标 O\n# id 5-1\tdomain=zh\n"
    text = head + lines("😀标", "O B-x", "\t") + "# newdoc = 2\n" + lines("好", "O", "\t")
    (one, two), bad, _ = load(tmp_path, text)
    assert bad == []
    assert [one.text, two.text] == ["😀标", "好"]
    assert found(one) == [("标", "x")]
    (whole,), bad, _ = load(tmp_path, "好 O\n# a comment of words\n用 O\n")
    assert (bad, whole.text) == ([], "好用")
    records, (wrong,), _ = load(tmp_path, "好 O\n#\n用 O\n\n坏 O\n")
    assert [record.text for record in records] == ["坏"]
    assert (wrong.line, wrong.column) == (2, "tag")


@pytest.mark.parametrize("blank", [" ", "\u3000", "\xa0"])
@pytest.mark.parametrize("separator", [" ", "\t"])
def test_white_space_is_a_word(tmp_path: Path, blank: str, separator: str) -> None:
    text = lines(f"红米{blank}好😀", "B-brand I-brand O O O", separator)
    (record,), bad, notes = load(tmp_path, text)
    assert (bad, notes.places) == ([], {})
    assert record.text == f"红米{blank}好😀"
    assert found(record) == [("红米", "brand")]


def test_a_blank_that_an_editor_took_away(tmp_path: Path) -> None:
    (record,), bad, notes = load(tmp_path, "红 B-b\n米 I-b\nO\n好 O\n O\n用 O\n\t O\n")
    assert bad == []
    assert (record.text, found(record)) == ("红米 好 用 ", [("红米", "b")])
    assert [*notes.places] == ["只有标签的行当作空格 lines of a tag alone, taken for blanks"]


def test_characters_stand_as_they_do_in_the_text(tmp_path: Path) -> None:
    """Letters of a Latin name in a file of characters are no words of their own."""
    text = "买iPhone 15很好👍🏻"
    tags = "O B-m I-m I-m I-m I-m I-m I-m I-m I-m O O"
    (record,), _, _ = load(tmp_path, lines(text[:-2], tags) + "")
    assert record.text == text[:-2]
    assert found(record) == [("iPhone 15", "m")]
    (words,), _, _ = load(tmp_path, "Sony B-m\nXM5 I-m\n  O\nis O\n👍🏻 O\n")
    assert (words.text, found(words)) == ("Sony XM5 is 👍🏻", [("Sony XM5", "m")])


def test_words_with_blanks_inside_between_tabs(tmp_path: Path) -> None:
    (record,), _, _ = load(tmp_path, "Mi Band\tNN\tB-p\n很好\tADJ\tO\n😀\tX\tO\n")
    assert (record.text, found(record)) == ("Mi Band很好😀", [("Mi Band", "p")])


def test_schemes_of_tags(tmp_path: Path) -> None:
    tags = "B-p L-p U-b S-b B-p M-p E-p I-p"
    (record,), bad, _ = load(tmp_path, lines("甲乙丙丁戊己庚辛", tags))
    assert bad == []
    assert found(record) == [("甲乙", "p"), ("丙", "b"), ("丁", "b"), ("戊己庚", "p"), ("辛", "p")]


@pytest.mark.parametrize("type", ["aspect", "Opinion", "评价对象", "观点词", "评价维度##正向"])
def test_parts_of_opinions_are_refused(tmp_path: Path, type: str) -> None:
    for tool in ("conll", "bio"):
        with pytest.raises(GuandianError, match=r"parts of opinions(.|\n)*Export, then JSON"):
            load(tmp_path, f"杯 B-{type}\n盖 I-{type}\n紧 O\n", tool)


def test_words_that_are_sentences(tmp_path: Path) -> None:
    """Label Studio cuts Chinese at blanks alone, and tags what a span begins in."""
    text = "-DOCSTART- -X- O\n杯盖很紧，提手松了 -X- _ B-part\n\n😀 -X- _ O\n好看 -X- _ B-look\n"
    records, (bad,), notes = load(tmp_path, text)
    assert [record.text for record in records] == ["😀好看"]
    assert (bad.line, bad.column) == (2, "word")
    assert "several clauses, which one tag cannot fit" in bad.reason
    (told,) = notes.places
    assert "Label Studio cuts Chinese at blanks alone" in told


def test_columns_that_only_count_are_no_words(tmp_path: Path) -> None:
    """CoNLL-U, with `# text` where it agrees; row numbers through the file; CoNLL-2012."""
    head, more = "\t屏幕\tNOUN\t0\tB-product\n", "\t好\tADJ\t1\tO\n"
    told = ["只是计数的首列，未读 first columns that only count, not read"]
    (record,), bad, notes = load(tmp_path, f"# text = 屏幕 好！\n1{head}2{more}")
    assert (bad, record.text, found(record)) == ([], "屏幕好", [("屏幕", "product")])
    assert [*notes.places] == told
    english = "# text = It isn't  good.\n1\tIt\tO\n2-3\tisn't\t_\n2\tis\tO\n3\tn't\tB-no\n"
    (record,), bad, _ = load(tmp_path, english + "3.1\tso\t_\n4\tgood\tO\n5\t.\tO\n")
    assert (bad, record.text, found(record)) == ([], "It isn't  good.", [("n't", "no")])
    (one, two), bad, _ = load(tmp_path, "1 屏 B-p\n2 幕 I-p\n\n3 12 O\n4 寸 O\n")
    assert (bad, one.text, found(one), two.text) == ([], "屏幕", [("屏幕", "p")], "12寸")
    (record,), bad, _ = load(tmp_path, "7\t屏\tB-p\n7\t \tO\n7\t好\tO\n")
    assert (bad, record.text) == ([], "屏 好")
    of_2012 = "#begin document (a); part 000\na/b   0   0  屏   N  B-p\na/b   0   1  幕   N  I-p\n"
    (one, two), bad, _ = load(tmp_path, of_2012 + "\na/c   0   0  好   J  O\n#end document\n")
    assert (bad, one.text, found(one), two.text) == ([], "屏幕", [("屏幕", "p")], "好")
    (record,), bad, notes = load(tmp_path, "大 0 O\n大 1 O\n好 2 O\n")
    assert (bad, record.text, notes.places) == ([], "大大好", {})
    with pytest.raises(GuandianError, match="columns that only count, and none of words"):
        load(tmp_path, "1 B-p\n2 I-p\n")
    records, (bad_row, *_), _ = load(tmp_path, f"1{head}2{more}", "bio")
    assert records == [] and "more of them are read as CoNLL" in bad_row.reason


@pytest.mark.parametrize(
    "type", ["ASP-正面", "NEG", "T-POS", "ASP_neg", "positive-aspect", "正面评价词", "评价词差评"]
)
def test_a_polarity_in_a_tag_is_never_a_type(tmp_path: Path, type: str) -> None:
    for tool in ("conll", "bio"):
        with pytest.raises(GuandianError, match=rf"the tags {type}, parts of opinions"):
            load(tmp_path, f"屏 B-{type}\n幕 I-{type}\n好 O\n", tool)
    (record,), bad, _ = load(tmp_path, "屏 B-ASP\n幕 I-ASP\n好 B-OPI\n机 B-POS机\n")
    assert (bad, found(record)[:2]) == ([], [("屏幕", "ASP"), ("好", "OPI")])
