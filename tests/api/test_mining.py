"""What a notebook shows of mined reviews: every character where it was, and nothing that runs."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser as HTMLParser
from selectolax.lexbor import LexborNode as Node

import guandian
from guandian.api import MinedReview, MinedReviews, Model
from guandian.domain import Entity, Language, Mined, Opinion, Polarity, Review, Sentiment, Span
from guandian.errors import BadRow, GuandianError
from guandian.files import to_wire
from guandian.report.mined.figures import percent_ends

POS, NEG, NEU = Polarity.POSITIVE, Polarity.NEGATIVE, Polarity.NEUTRAL
TINTS = {POS: "rgba(26,152,80", NEG: "rgba(217,69,59", NEU: "rgba(214,158,46"}
NAMES = {"display": ("屏幕", "Display"), "odd": ("<i>怪", "<i>Odd")}
HOSTILE = """👨‍👩‍👧<script>alert("1")</script>屏幕'很清晰'&amp;\u202e<img src=x onerror=y>"""


@pytest.fixture(scope="module")
def model() -> Model:
    return guandian.open()


def opinion(
    aspect: Span | None,
    expression: Span | None,
    polarity: Polarity = POS,
    category: str = "display",
) -> Opinion:
    evidence = expression or aspect or Span(0, 2)
    return Opinion(aspect, expression, evidence, category, polarity, 0.934, "<b>标")


def shown(text: str, *opinions: Opinion, **changes: object) -> tuple[HTMLParser, str]:
    """The display of a review with these opinions, parsed and as it is."""
    mined = Mined(
        "1", Language.CHINESE, Sentiment(NEU, 0.2, 0.6, 0.2), opinions, (), (), "m@1"
    )  # fmt: skip
    found = MinedReview(Review("1", text), replace(mined, **changes), NAMES)
    html = found._repr_html_()
    return HTMLParser(html), html


def body(page: HTMLParser) -> Node:
    node = page.css_first("bdi")
    assert node is not None
    return node


def marked(page: HTMLParser) -> list[tuple[str, str]]:
    return [(one.text(), one.attributes["style"] or "") for one in body(page).css("span")]


def refuse_anything_that_runs(html: str) -> None:
    page = HTMLParser(html)
    assert not page.css("script, style, img, link, iframe, object, svg, a")
    for node in page.css("body *"):
        assert {*node.attributes} <= {"style", "title", "lang", "dir", "class"}, node.html


def test_review_text_is_text_and_never_markup() -> None:
    spans = (Span(5, 13), Span(HOSTILE.index("很"), HOSTILE.index("晰") + 1))
    found = opinion(*spans, category="odd")
    entity = Entity(Span(5, 13), "product", 0.9)
    page, html = shown(HOSTILE, found, entities=(entity,), warnings=("<script>",))
    refuse_anything_that_runs(html)
    assert body(page).text() == HOSTILE.replace("\u202e", "\ufffd")
    assert "<script" not in html and "<i>怪" not in html and "<b>标" not in html
    assert [text for text, _ in marked(page)] == ["<script>", "很清晰"]


def test_offsets_are_code_points_beside_emoji_and_han() -> None:
    text = "😀👍🏽屏幕𠮷很清晰\r\ncafé"
    page, _ = shown(text, opinion(Span(3, 5), Span(6, 9)), opinion(None, Span(11, 15), NEG))
    assert body(page).text() == text.replace("\r", "␍")
    texts = [words for words, _ in marked(page)]
    assert texts == ["屏幕", "很清晰", "café"]
    aspect, expression, other = (style for _, style in marked(page))
    assert "underline" in aspect and "background" not in aspect
    assert TINTS[POS] in expression and "underline" not in expression
    assert TINTS[NEG] in other


@pytest.mark.parametrize("polarity", [POS, NEG, NEU])
def test_each_polarity_has_its_colour_and_its_word(polarity: Polarity) -> None:
    page, _ = shown("屏幕一般", opinion(Span(0, 2), Span(2, 4), polarity))
    line = {POS: "solid", NEG: "wavy", NEU: "dotted"}[polarity]
    (_, aspect), (_, expression) = marked(page)
    assert f"underline {line}" in aspect and TINTS[polarity] in expression
    cells = [cell.text(strip=True) for cell in page.css("tbody td")]
    assert cells[:2] == ["屏幕", "一般"]
    assert polarity.value in cells[3] and "93" in cells[4] and "Display" in cells[2]


def test_overlapping_spans_keep_every_character_once() -> None:
    text = "又大又亮的屏幕"
    pair = (opinion(Span(5, 7), Span(0, 4)), opinion(Span(3, 7), Span(2, 5), NEG))
    page, _ = shown(text, *pair)
    assert body(page).text() == text
    assert [words for words, _ in marked(page)] == ["又大", "又", "亮", "的", "屏幕"]
    both = dict(marked(page))["亮"]
    assert TINTS[POS] in both and TINTS[NEG] in both and "underline wavy" in both


def test_an_opinion_without_words_has_its_clause_in_italics() -> None:
    page, _ = shown("不会再买", opinion(None, None, NEG))
    ((words, style),) = marked(page)
    assert words == "不会" and "italic" in style
    assert "未说" in (page.css_first("tbody td").text() if page.css_first("tbody td") else "")


@pytest.mark.parametrize("text", ["", "嗯"])
def test_a_review_without_opinions_says_so(text: str) -> None:
    page, html = shown(text)
    assert "没有观点 no opinion found" in html and not page.css("table")
    assert body(page).text() == text


def test_the_shipped_model_answers_texts_rows_and_files(model: Model, tmp_path: Path) -> None:
    text = "屏幕很清晰😀，但是电池不耐用"
    one = model.mine(text)
    words = [(o.expression and o.expression.of(text), o.polarity) for o in one.opinions]
    assert words == [("很清晰", POS), ("不耐用", NEG)]
    assert text in repr(one) and "负面 negative" in repr(one) and "\x1b" not in repr(one)
    assert one.to_dict() == to_wire(one.review, one.mined)

    many = model.mine([text, "", "The keyboard is great <b>"])
    assert isinstance(many, MinedReviews) and isinstance(many[1:], MinedReviews)
    assert [len(found.opinions) for found in many][:2] == [2, 0]
    refuse_anything_that_runs(many._repr_html_())

    rows = [{"评论": text, "商品": "X2", "色": "绿"}, {"评论": "好用", "商品": float("nan")}]
    first, second = model.mine(rows)
    assert (first.review.product, second.review.product) == ("X2", None)
    assert first.mined == replace(one.mined, review_id="1") and first.review.extra == {"色": "绿"}
    assert [row["expression"] for row in first.rows()] == ["很清晰", "不耐用"]

    file = tmp_path / "reviews.csv"
    file.write_text(f"product,review\nX2,{text}\nX2,好用\n", encoding="utf-8")
    assert [found.mined for found in model.mine_file(file)] == [first.mined, second.mined]
    assert len(model.mine_file(file, limit=1)) == 1
    alone = model.mine(rows[0])
    assert isinstance(alone, MinedReview) and alone == first


def test_a_file_is_read_as_it_is_asked(model: Model, tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(["编号", "x"])
    sheet = book.create_sheet("三月😀")
    for row in (["说", "货"], ["屏幕很清晰😀", "X2"], ["", "X3"], ["太贵", "X4"]):
        sheet.append(row)
    book.save(tmp_path / "a.xlsx")
    columns = {"text": "说", "product": "2"}
    found = model.mine_file(tmp_path / "a.xlsx", columns=columns, on_error="skip", sheet="三月😀")
    assert [one.text for one in found] == ["屏幕很清晰😀", "太贵"]
    assert [one.review.product for one in found] == ["X2", "X4"]
    plain = tmp_path / "b.csv"
    plain.write_bytes("評價;x\n電池不耐用;1\n".encode("big5"))
    (one,) = model.mine_file(plain, columns={"text": "1"}, encoding="big5", delimiter=";")
    assert one.text == "電池不耐用"
    broken = tmp_path / "c.jsonl"
    broken.write_text('{"text": "好用"}\n{"text": 7\n{"text": "太贵"}\n', encoding="utf-8")
    with pytest.raises(BadRow, match="line 2"):
        model.mine_file(broken)
    some = model.mine_file(broken, on_error="skip")
    assert (len(some), some.rejected, some[:1].rejected) == (2, 1, 1)
    assert "1 行未读 reject" in repr(some) and "1 行未读 reject" in some._repr_html_()
    days = tmp_path / "d.csv"
    days.write_text("text,time\n好<b>,1/2/2026\n", encoding="utf-8")
    (note,) = model.mine_file(days).notes
    assert "%d/%m/%Y" in note and "%m/%d/%Y" in note
    assert not model.mine_file(days, time_format="%d/%m/%Y").notes
    with pytest.raises(GuandianError, match=r"no part of a review is called 'colour'\n.*text, id"):
        model.mine_file(days, columns={"colour": "text"})
    with pytest.raises(GuandianError, match="on_error='ignore'"):
        model.mine_file(days, on_error="ignore")  # type: ignore[arg-type]


def test_what_cannot_be_mined_is_told(model: Model, tmp_path: Path) -> None:
    with pytest.raises(GuandianError, match="number 2 to mine is of the type int"):
        model.mine(["好", 3])  # type: ignore[list-item]
    with pytest.raises(GuandianError, match="no column looks like the text"):
        model.mine([{"colour": "green"}])
    with pytest.raises(BadRow, match="rows, line 2, column text: not a text but"):
        model.mine([{"text": "好"}, {"text": [7]}])
    for odd in (b"good", 3, None):
        with pytest.raises(GuandianError, match="what is to be mined is a"):
            model.mine(odd)  # type: ignore[call-overload]
    with pytest.raises(GuandianError, match="no bundle at"):
        guandian.open(tmp_path)
    with pytest.raises(GuandianError, match="threads=-1"):
        guandian.open(threads=-1)
    with pytest.raises(GuandianError, match="limit=-1"):
        model.mine_file(tmp_path / "reviews.csv", limit=-1)
    assert len(model.mine([])) == 0
    assert "0 条评论" in model.mine([])._repr_html_()


def test_a_table_of_pandas_is_not_taken_for_the_names_of_its_columns(model: Model) -> None:
    table = pytest.importorskip("pandas").DataFrame({"text": ["好用", "太贵"]})
    with pytest.raises(GuandianError, match=r"a DataFrame\n.*to_dict\(.records.\)"):
        model.mine(table)
    assert [one.text for one in model.mine(table.to_dict("records"))] == ["好用", "太贵"]
    assert [one.text for one in model.mine(table["text"])] == ["好用", "太贵"]


def test_a_row_without_a_text_is_answered_and_set_aside(model: Model) -> None:
    pandas = pytest.importorskip("pandas")
    texts = ["好用😀", None, float("nan"), pandas.NA, pandas.NaT, "  ", "太贵"]
    found = model.mine([{"text": one, "n": k} for k, one in enumerate(texts)])
    assert [one.text.strip() for one in found] == ["好用😀", "", "", "", "", "", "太贵"]
    assert [one.review.extra["n"] for one in found] == [str(k) for k in range(7)]
    assert [len(one.opinions) for one in found] == [1, 0, 0, 0, 0, 0, 1]
    told = found.summary().to_dict()
    assert (told["reviews"], told["set_aside"]) == (7, 5)
    assert model.mine({"text": None}).opinions == ()
    frame = pandas.DataFrame({"text": pandas.array(["好用", None], dtype="string")})
    assert [one.text for one in model.mine(frame.to_dict("records"))] == ["好用", ""]


def test_no_save_loses_what_was_read(
    model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("评论.csv").write_text("text\n屏幕很清晰\n", encoding="utf-8")
    Path("same.csv").hardlink_to("评论.csv")
    found = model.mine_file("评论.csv")
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "other")  # and it is still known
    for place in ("../评论.csv", "../same.csv"):
        for one in (found, found[:1]):
            with pytest.raises(GuandianError, match="would be read and written"):
                one.summary().save(place, overwrite=True)
    with pytest.raises(GuandianError, match="a part of"):
        found.summary().save(model.path / "manifest.json", overwrite=True)
    assert Path("../评论.csv").read_text("utf-8") == "text\n屏幕很清晰\n"
    saved = found.summary().save("report.html")
    assert found.summary().save(saved, overwrite=True).is_file()


def test_shares_stand_with_their_intervals(model: Model, tmp_path: Path) -> None:
    texts = ["屏幕很清晰", "屏幕太暗了<script>", "屏幕很清楚", "电池不耐用"]
    found = model.mine(texts).summary()
    html = found._repr_html_()
    refuse_anything_that_runs(html)
    tally = next(iter(found.total.categories.ranked()))[1].tally
    share = tally.positive_share()
    assert share is not None and share.low < share.value < share.high
    cells = HTMLParser(html).css("tbody tr")[0].css("td")
    ends = f"({percent_ends(share, '–')})"
    assert f"{100 * share.value:.0f}\u202f%" in cells[2].text() and ends in cells[2].text()
    assert f"{100 * share.low:.1f}%" in (cells[2].html or "")
    assert "观点净情感 net of the opinions" in repr(found) and "整条评论" in html
    told = found.to_dict()
    assert (told["reviews"], told["set_aside"], told["without_opinion"]) == (4, 0, 0)
    value, low, high = told["net_as_found"]
    assert low < value < high and told["net_of_stars"] is None
    assert not told["corrected"] or told["net"] != told["net_as_found"]
    assert (told["copies"], told["most_copied"], told["share_of_copies"]) == (0, None, 0)
    assert told["net_with_copies"] == pytest.approx(told["net"][0])
    pasted = model.mine([*texts, *["屏幕很清晰，画质很好"] * 6]).summary().to_dict()
    assert (pasted["reviews"], pasted["copies"]) == (10, 5)
    assert pasted["most_copied"] == ("屏幕很清晰，画质很好", 6)
    assert pasted["net_with_copies"] > pasted["net"][0]
    page = found.save(tmp_path / "report.html", title="<我的>")
    assert "&lt;我的&gt;" in page.read_text("utf-8") or "\\u003c我的" in page.read_text("utf-8")
    with pytest.raises(GuandianError, match="exists"):
        found.save(page)
    assert "0" in model.mine(["嗯。"])[:0].summary()._repr_html_()


def test_the_facade_is_lazy_and_needs_no_torch() -> None:
    code = (
        "import sys, guandian\n"
        "assert not any(name.startswith('guandian.') for name in sys.modules)\n"
        "import guandian.api\n"
        "heavy = {'torch', 'transformers', 'matplotlib', 'IPython', 'typer'} & {*sys.modules}\n"
        "assert not heavy, heavy\n"
        "print(*(n for n in dir(guandian) if n in guandian.api.__all__))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == sorted(guandian._NAMES)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = guandian.nothing  # type: ignore[attr-defined]
