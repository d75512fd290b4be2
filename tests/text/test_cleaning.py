import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guandian.domain import Span
from guandian.text.alignment import Alignment
from guandian.text.cleaning import CLEANERS, Cleaner, clean, says_nothing, shorten_repeats
from guandian.text.mojibake import repair_mojibake

CASES = [
    ("屏幕很清晰😀", "屏幕很清晰😀"),
    ("<p>屏幕<b>很</b>清晰😀<br/>电池差</p>", "\n屏幕很清晰😀\n电池差\n"),
    ("我<3你😀 3<5 & a<b，<iPhone>不是标签 AT&T", "我<3你😀 3<5 & a<b，<iPhone>不是标签 AT&T"),
    (
        "背后&ldquo;奔驰&rdquo信仰&nbsp;😀&#39;&amp;lt;&#x1F44D;&;&xyz;",
        "背后“奔驰”信仰 😀'<👍&;&xyz;",
    ),
    ("<!-- 注释 -->好<script>if(a<b)</script>用😀<style>p{}</style><!--", "好用😀<!--"),
    ("见 https://item.example.com/1?a=1&b=2，好😀 www.example.cn/x.", "见  ，好😀  ."),
    ("写信到 wang.wu+1@mail.example.com😀 @小王", "写信到  😀 @小王"),
    ("屏\u200b幕\ufeff好\x00\x07❤\ufe0f👨\u200d👩😀\u202e\u00ad", "屏幕好❤👨\u200d👩😀"),
    ("ｉＰｈｏｎｅ１５，好！５％\u3000😀", "iPhone15，好！5% 😀"),
    ("好好好好好！！！！！！😀😀😀😀😀 10000000 sooooo", "好好好！！！😀😀😀 10000000 sooo"),
    ("很好很好很好很好很好👍🏻👍🏻👍🏻👍🏻👍🏻", "很好很好很好👍🏻👍🏻👍🏻"),
    ("電池不耐用😀，乾淨，皇后後面，乾隆", "电池不耐用😀，干净，皇后后面，乾隆"),
    ("\uf9d1\uf9d1\uf9d1大顺😀 \ufa19\U0002f800", "六六六大顺😀 神丽"),
    ("好\ud83d\ude00评\ud83d", "好😀评"),
    ("å±\x8få¹\x95å¾\x88å¥½ 😀", "屏幕很好 😀"),
    ("灞忓箷寰堟竻鏅帮紝浣嗘槸 😀", "屏幕很清晰，但是 😀"),
    ("鍏呯數涓€鏅氫笂 😀", "充电一晚上 😀"),
    ("缁欒€佷汉涔扮殑 😀", "给老人买的 😀"),
    ("屏幕€很贵 😀", "屏幕€很贵 😀"),
    ("It’s a cafÃ© 😀", "It’s a café 😀"),
    ("café naïve résumé … “quoted” 😀", "café naïve résumé … “quoted” 😀"),
    ("", ""),
    ("<div></div>", "\n\n"),
]


@pytest.mark.parametrize(("raw", "cleaned"), CASES)
def test_clean(raw: str, cleaned: str) -> None:
    text, alignment = clean(raw)
    assert text == cleaned
    assert (alignment.length, alignment.raw_length) == (len(text), len(raw))


@pytest.mark.parametrize(
    ("raw", "part", "stands_for"),
    [
        ("<p>屏<b>幕</b>好😀", "屏幕", "屏<b>幕"),
        ("A&amp;B的😀好", "&", "&amp;"),
        ("真的好好好好好😀", "好好好", "好好好好好"),
        ("真的好好好好好😀", "真的好", "真的好"),
        ("很❤\ufe0f的😀", "❤", "❤\ufe0f"),
        ("å±\x8få¹\x95好😀", "幕", "å¹\x95"),
        ("灞忓箷寰堟竻鏅帮紝😀", "屏幕", "灞忓箷"),
        ("三\uf9d1\uf9d1😀", "六六", "\uf9d1\uf9d1"),
        ("這螢幕&nbsp;電池😀", "电池", "電池"),
        ("灞忓箷寰堟竻鏅帮紝鐢垫睜涓嶈€愮敤😀", "电池", "鐢垫睜"),
        ("好\ud83d\ude00评", "😀", "\ud83d\ude00"),
        ("ｉＰｈｏｎｅ\u200b１５😀", "iPhone15", "ｉＰｈｏｎｅ\u200b１５"),
    ],
)
def test_a_part_stands_for_its_raw_characters(raw: str, part: str, stands_for: str) -> None:
    text, alignment = clean(raw)
    start = text.index(part)
    back = alignment.to_raw(Span(start, start + len(part)))
    assert back.of(raw) == stands_for
    assert alignment.to_clean(back) == Span(start, start + len(part))


def _as_windows_reads(content: bytes) -> str:
    """Code page 936, in which a single byte 0x80 is €."""
    found, place = "", 0
    while place < len(content):
        if content[place] <= 0x80:
            found += "€" if content[place] == 0x80 else chr(content[place])
            place += 1
        else:
            found += content[place : place + 2].decode("gbk")
            place += 2
    return found


@pytest.mark.parametrize(
    "text",
    ["老人一看就会，", "不老实的商家，", "充电一晚上", "给老人买的", "考虑一下一年，"],
)
def test_mojibake_with_the_euro_of_windows(text: str) -> None:
    broken = _as_windows_reads(text.encode())
    assert "€" in broken
    repaired, alignment = repair_mojibake(broken)
    assert repaired == text
    ends = [alignment.to_raw(Span(place, place + 1)).end for place in range(len(text))]
    assert ends == sorted(ends) and ends[-1] == len(broken)


def test_mojibake_with_the_euro_of_gb18030() -> None:
    """Its two bytes end a character and begin the next."""
    text = "红的屢の红，"
    broken = text.encode().decode("gb18030")
    assert "€" in broken
    assert repair_mojibake(broken)[0] == text


PARTS = st.sampled_from(
    [
        *["屏幕", "电池不耐用", "😀", "❤\ufe0f", "，", "！！！！！", "好好好好好", "很好" * 5],
        *[
            "<p>",
            "</b>",
            "<br/>",
            "<",
            ">",
            "<!--",
            "-->",
            "<script>",
            "</script>",
            "&lt;",
            "&amp;amp;",
        ],
        *[
            "&nbsp",
            "&#x1F44D;",
            "&",
            "https://a.example/b?c=1",
            "www.a.example",
            "x@mail.example.com",
        ],
        *[
            "\u200b",
            "\u200d",
            "\ufeff",
            "\x00",
            "\x85",
            "\ud83d",
            "\ude00",
            "ｉＰ１５",
            "％",
            "\u3000",
        ],
        *[
            "電池",
            "皇后",
            "裏面",
            "å±\x8få¹\x95",
            "灞忓箷寰堟竻",
            "鏅帮紝",
            "\ufffd",
            "Ã©",
            "10000",
            "screen ",
        ],
    ]
)
TEXT = st.lists(PARTS | st.text(max_size=3), max_size=12).map(lambda parts: "".join(parts) + "😀")


@settings(max_examples=300)
@given(TEXT, st.lists(st.sampled_from(CLEANERS), max_size=5) | st.just(list(CLEANERS)))
def test_any_composition_maps_back(raw: str, cleaners: list[Cleaner]) -> None:
    text, alignment = clean(raw, cleaners)
    assert (alignment.length, alignment.raw_length) == (len(text), len(raw))
    single = [alignment.to_raw(Span(place, place + 1)) for place in range(len(text))]
    assert all(span.end <= len(raw) for span in single)
    for before, after in pairwise(single):
        assert before.start <= after.start
        assert before.end <= after.end
    for place, span in enumerate(single):
        forth = alignment.to_clean(span)
        assert forth is not None
        assert forth.start <= place < forth.end
    emoji = text.index("😀")
    assert "😀" in alignment.to_raw(Span(emoji, emoji + 1)).of(raw) or "\ude00" in raw


@given(TEXT)
def test_clean_text_has_nothing_left_that_cannot_be_written(raw: str) -> None:
    text, _ = clean(raw)
    text.encode()
    assert "\x00" not in text


@given(
    st.text(st.sampled_from("屏幕很清晰但是电池不耐用，。！？abc ABC123.😀“”（）—…\n"), max_size=40)
)
def test_good_text_is_left_alone(raw: str) -> None:
    raw += "😀"
    if not any(raw[place] * 4 in raw for place in range(len(raw))):
        text, _ = clean(raw, CLEANERS[:6])
        assert text == raw


@pytest.mark.parametrize(
    "unit", ["<", "<!--", "<a ", "&", "&amp;", "å", "\u200d", "@", "a", "www.", "灞", "\u200d😀"]
)
def test_hostile_repetition_is_quick(unit: str) -> None:
    text, alignment = clean(unit * (20_000 // len(unit)) + "😀")
    assert text.endswith("😀")
    assert alignment.raw_length > 19_000


def test_the_identity_is_kept_where_nothing_changes() -> None:
    _, alignment = clean("屏幕很清晰，電池不行😀")
    assert alignment == Alignment.identity(11)


@pytest.mark.parametrize(
    ("text", "nothing"),
    [
        ("", True),
        (" 。。！\n", True),
        ("～～…——“”", True),
        ("😀", False),
        (":)", False),
        ("7", False),
    ],
)
def test_marks_alone_say_nothing(text: str, nothing: bool) -> None:
    assert says_nothing(text) is nothing


@given(st.text("aab啊1 \n哈", max_size=30))
@settings(max_examples=500)
def test_repetitions_are_shortened_wherever_they_begin(text: str) -> None:
    single = re.sub(r"([^\d\s])\1{3,}", r"\1\1\1", text)
    wanted = re.sub(r"([^\d\s]{2,4})\1{3,}", r"\1\1\1", single)
    assert shorten_repeats(text)[0] == wanted
