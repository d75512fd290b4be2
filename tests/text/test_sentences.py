import pytest
from hypothesis import given
from hypothesis import strategies as st

from guandian.text.sentences import clauses, sentences

SENTENCES = [
    ("屏幕很清晰😀。电池不行！", ["屏幕很清晰😀。", "电池不行！"]),
    ("他说：“很好。”我不信😀", ["他说：“很好。”", "我不信😀"]),
    ("“太好了！”的感觉😀。真的", ["“太好了！”的感觉😀。", "真的"]),
    ("快递慢……不过东西好！！！😀", ["快递慢……", "不过东西好！！！", "😀"]),
    ("用了3.5天😀.还行", ["用了3.5天😀.", "还行"]),
    ("屏幕6.7寸。手感好.做工也好", ["屏幕6.7寸。", "手感好.", "做工也好"]),
    ("Great phone 😀. It costs $3.50. Mr. Lee likes it, e.g. the case.", None),
    (
        "Works with the U.S. plug 😀.But it heats up",
        ["Works with the U.S. plug 😀.", "But it heats up"],
    ),
    (
        "see https://a.example/x?y=1!2 for it? Yes😀",
        ["see https://a.example/x?y=1!2 for it?", "Yes😀"],
    ),
    ("hmm... not bad😀", ["hmm... not bad😀"]),
    ("第一行😀\n 第二行\r\n\r\n第三行", ["第一行😀", "第二行", "第三行"]),
    ("1. 屏幕好😀\n2. 电池差", ["1. 屏幕好😀", "2. 电池差"]),
    ("(It broke!) Never again 😀", ["(It broke!)", "Never again 😀"]),
    ("version 2.0 is 5. Nice 😀", ["version 2.0 is 5.", "Nice 😀"]),
    ("", []),
    (" \n\u3000", []),
]


@pytest.mark.parametrize(("text", "expected"), SENTENCES)
def test_sentences(text: str, expected: list[str] | None) -> None:
    if expected is None:
        expected = ["Great phone 😀.", "It costs $3.50.", "Mr. Lee likes it, e.g. the case."]
    assert [span.of(text) for span in sentences(text)] == expected


CLAUSES = [
    ("屏幕很清晰😀，但是电池不耐用。", ["屏幕很清晰😀", "但是电池不耐用"]),
    ("屏幕不错但电池不行😀", ["屏幕不错", "但电池不行😀"]),
    ("不但好看😀而且便宜", ["不但好看😀而且便宜"]),
    ("iPhone15的屏幕不错but电池不行😀", ["iPhone15的屏幕不错", "but电池不行😀"]),
    ("nothing but trouble 😀", ["nothing but trouble 😀"]),
    ("速度很快啊 内存好大 iPhone 很好😀", ["速度很快啊", "内存好大 iPhone 很好😀"]),
    (
        "外观：漂亮😀；声音：小~价格1,299元、5~10天到",
        ["外观：漂亮😀", "声音：小", "价格1,299元、5~10天到"],
    ),
    ("买了p30,5000毫安😀", ["买了p30", "5000毫安😀"]),
    ("Great screen 😀, bad battery -- avoid.", ["Great screen 😀", "bad battery", "avoid"]),
    ("，，😀！！", ["😀"]),
    ("！！！", ["！！！"]),
    ("  ", []),
]


@pytest.mark.parametrize(("text", "expected"), CLAUSES)
def test_clauses(text: str, expected: list[str]) -> None:
    assert [span.of(text) for span in clauses(text)] == expected


TEXT = st.text(
    st.sampled_from('屏幕好但不，。！？…~ \n.,!?;"”’)」A but1.25:/w😀\u3000\x85、：')
    | st.characters(),
    max_size=50,
).map(lambda text: text + "😀")


@given(TEXT)
def test_sentences_cover_all_but_space(text: str) -> None:
    left = list(text)
    before = 0
    for span in sentences(text):
        assert before <= span.start < span.end <= len(text)
        assert span.of(text).strip() == span.of(text)
        left[span.start : span.end] = " " * (span.end - span.start)
        before = span.end
    assert "".join(left).strip() == ""


@given(TEXT)
def test_every_letter_and_digit_is_in_one_clause(text: str) -> None:
    left = list(text)
    before = 0
    for span in clauses(text):
        assert before <= span.start < span.end <= len(text)
        left[span.start : span.end] = " " * (span.end - span.start)
        before = span.end
    assert not any(character.isalnum() or character == "😀" for character in left)


def test_many_spaces_or_stops_is_quick() -> None:
    for unit in (" ", ".", "www.", '"', "，", "但"):
        text = unit * (40_000 // len(unit)) + "😀"
        assert sentences(text)
        assert clauses(text)
