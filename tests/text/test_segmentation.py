from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guandian.errors import BadRow, GuandianError
from guandian.text.segmentation import JiebaSegmenter, Segmenter, UserWord, read_user_words


@pytest.fixture(scope="module")
def segmenter() -> Segmenter:
    return JiebaSegmenter()


def words(segmenter: Segmenter, text: str) -> list[str]:
    return [span.of(text) for span in segmenter.words(text)]


def test_words_with_offsets(segmenter: Segmenter) -> None:
    text = "我觉得😀 手机的屏幕很清晰 iPhone15 good\n"
    expected = ["我", "觉得", "😀", "手机", "的", "屏幕", "很", "清晰", "iPhone15", "good"]
    assert words(segmenter, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "café naïve Größe15 很 大", "cafe\u0301 Łódź façade-like", "Привет 한국어 좋다",
        "👨\u200d👩\u200d👧 👍🏽 👩🏽\u200d💻 屏幕 ❤\ufe0f 好", "🇨🇳 🇩🇪", "1⃣ 2\ufe0f⃣ 😀",
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    ],
)  # fmt: skip
def test_accents_and_emoji_are_not_cut(segmenter: Segmenter, text: str) -> None:
    assert words(segmenter, text) == text.split()


def test_neighbours_stay_apart(segmenter: Segmenter) -> None:
    assert words(segmenter, "👍🏽👨\u200d👩\u200d👧🇨🇳🇩🇪Größe很大1⃣café。") == [
        "👍🏽", "👨\u200d👩\u200d👧", "🇨🇳", "🇩🇪", "Größe", "很大", "1⃣", "café", "。",
    ]  # fmt: skip


def test_a_user_word_is_kept_together(segmenter: Segmenter) -> None:
    text = "彻底没有续航焦虑了😀"
    assert "续航焦虑" not in words(segmenter, text)
    own = JiebaSegmenter([UserWord("续航焦虑"), UserWord("没有", 5, "v")])
    assert "续航焦虑" in words(own, text)
    assert "续航焦虑" not in words(segmenter, text)


def test_user_words_are_cleaned_as_reviews_are() -> None:
    own = JiebaSegmenter([UserWord("Ｂ＆Ｏ"), UserWord("電競池"), UserWord("B\u200b&W")])
    assert words(own, "这款B&O耳机和B&W的电竞池😀") == [
        "这", "款", "B&O", "耳机", "和", "B&W", "的", "电竞池", "😀",
    ]  # fmt: skip
    assert own.notes == []


def test_user_words_that_can_never_match_are_named(tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    path.write_text(
        "续航焦虑\nbattery life\n屏幕 显示器\nC/C++ 9 nz\nガラス\n手机的 1 n\n"
        "a@b.com\n云台 12 n\n👍🏽\n",
        encoding="utf-8",
    )
    own = JiebaSegmenter(read_user_words(path))
    assert [note.split(":")[0] for note in own.notes] == [
        "'battery life'", "'屏幕 显示器'", "'C/C++ 9 nz'", "'ガラス'", "'手机的 1 n'", "'a@b.com'",
    ]  # fmt: skip
    assert "read as the word 'battery', 词性 tag 'life'" in own.notes[0]
    assert own.notes[2].endswith("always cut into C | / | C++")
    assert own.notes[4].endswith("always cut into 手机 | 的")
    assert own.notes[5].endswith("(空 nothing)")
    assert "battery life" not in words(own, "battery life很好")


def test_latin_words_with_marks_stay_whole(segmenter: Segmenter) -> None:
    """Unlike the Python jieba, which cuts `Wi - Fi` and `3.5 mm`."""
    assert words(segmenter, "Wi-Fi很快，3.5mm耳机") == ["Wi-Fi", "很快", "，", "3.5mm", "耳机"]


odd = st.sampled_from(
    ["é", "e\u0301", "👍🏽", "\u200d", "👩", "🇨", "🇳", "1", "⃣", "好", " ", "\ufe0f"]
)


@given((st.text(max_size=30) | st.lists(odd).map("".join)).map(lambda text: text + "很好\ud800😀"))
def test_words_cover_all_but_space(segmenter: Segmenter, text: str) -> None:
    left = list(text)
    before = 0
    for span in segmenter.words(text):
        assert before <= span.start
        left[span.start : span.end] = " " * (span.end - span.start)
        before = span.end
    assert "".join(left).strip() == ""


def test_a_user_dictionary_is_read(tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    path.write_text(
        "\ufeff# 我的词\n续航焦虑\n\n氮化镓 30\n磨砂感 n\n云台 12 n\n", encoding="utf-8"
    )
    assert list(read_user_words(path)) == [
        UserWord("续航焦虑"),
        UserWord("氮化镓", 30),
        UserWord("磨砂感", None, "n"),
        UserWord("云台", 12, "n"),
    ]


def test_a_wrong_user_dictionary_says_where(tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    path.write_text("好\n云台 许多 n\n", encoding="utf-8")
    with pytest.raises(BadRow, match="line 2, column frequency: '许多' is not a whole number"):
        list(read_user_words(path))
    path.write_text(f"云台 {'9' * 26}\n", encoding="utf-8")
    with pytest.raises(BadRow, match=r"line 1, column frequency: 9+ is too large"):
        list(read_user_words(path))
    path.write_text("a b c d\n", encoding="utf-8")
    with pytest.raises(BadRow, match="line 1: 4 parts"):
        list(read_user_words(path))
    path.write_bytes("云台".encode("gb18030"))
    with pytest.raises(GuandianError, match="not UTF-8"):
        list(read_user_words(path))
