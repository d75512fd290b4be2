from __future__ import annotations

from pathlib import Path

import pytest

from guandian.data import read
from guandian.domain import Labelled, Polarity, Span
from guandian.errors import BadRow


def load(tmp_path: Path, format: str, text: str) -> tuple[list[Labelled], list[BadRow]]:
    path = tmp_path / "train.txt"
    path.write_text(text, "utf-8")
    bad: list[BadRow] = []
    return list(read(format, path, on_error=bad.append)), bad


def parts(record: Labelled) -> list[tuple[str | None, str | None, str]]:
    return [
        (
            quad.aspect.of(record.text) if quad.aspect else None,
            quad.expression.of(record.text) if quad.expression else None,
            quad.polarity.value,
        )
        for quad in record.quads or ()
    ]


def test_asqp_counts_characters(tmp_path: Path) -> None:
    records, bad = load(
        tmp_path,
        "asqp",
        "🍵茶香很浓####[[' 气味#香味', '1,3', '3,5', '2'], ['价格#价格', '-1,-1', '-1,-1', 0]]\n"
        "fast ship !####[['Logistics#Speed', '5,9', '0,5', '1']]\n"
        "just arrived####[]\n"
        "so so####[-1]\n",
    )
    assert bad == []
    assert parts(records[0]) == [("茶香", "很浓", "positive"), (None, None, "negative")]
    assert [quad.category for quad in records[0].quads or ()] == ["气味#香味", "价格#价格"]
    # The blank at the end of "fast " is cut off.
    assert parts(records[1]) == [("ship", "fast", "neutral")]
    assert [record.quads for record in records[2:]] == [(), ()]


@pytest.mark.parametrize(
    ("labels", "reason"),
    [
        ("[['A#B', '0,3', '4,99', '2']]", "4-99 runs past the text's 9 characters"),
        ("[['A#B', '2,3', '-1,-1', '2']]", "covers blanks alone"),
        ("[['A#B', '3,1', '-1,-1', '2']]", "0 <= start < end"),
        ("[['A#B', '0,3', '-1,-1', '3']]", "unknown polarity '3'"),
        ("[['A#B', '0,3', '-1,-1']]", "needs four parts"),
        ("[['A#B', '0;3', '-1,-1', '2']]", "form 'start,end'"),
        ("[['', '0,3', '-1,-1', '2']]", "no category"),
        ("[__import__('os').getcwd()]", "not a list of labels"),
        ("{'a': 1}", "not a list of labels but an object"),
        ("[['A#B'", "not a list of labels"),
        ("[]####[]####", "needs one ####"),
    ],
)
def test_asqp_bad_rows(tmp_path: Path, labels: str, reason: str) -> None:
    records, bad = load(tmp_path, "asqp", f"it was ok####{labels}\nit was ok####[]\n")
    assert [record.id for record in records] == ["train-2"]
    assert [error.line for error in bad] == [1]
    assert reason in bad[0].reason


def test_asqp_keeps_the_right_labels_beside_a_wrong_one(tmp_path: Path) -> None:
    records, bad = load(
        tmp_path,
        "asqp",
        "tea 😀 nice####[['A#B', '0,3', '6,10', '2'], ['A#B', '0,3', '9,99', '2']]",
    )
    assert parts(records[0]) == [("tea", "nice", "positive")]
    assert len(bad) == 1


def test_aste_english_words_keep_their_blanks(tmp_path: Path) -> None:
    records, bad = load(
        tmp_path,
        "aste",
        "The battery life is not great 😀 .####[([1, 2], [4, 5], 'NEG'), ([1, 2], [6], 'POS')]\n",
    )
    assert bad == []
    assert records[0].text == "The battery life is not great 😀 ."
    assert parts(records[0]) == [
        ("battery life", "not great", "negative"),
        ("battery life", "😀", "positive"),
    ]
    assert [quad.category for quad in records[0].quads or ()] == [None, None]


def test_aste_chinese_words_are_joined(tmp_path: Path) -> None:
    records, bad = load(
        tmp_path,
        "aste",
        "\ufeff服 务 挺 好 ，2 个 人 点 了 happy hour 套 餐 😋####"
        "[((0, 1), (2, 3), 'Positive'), ((9, 12), (13, 13), 'Positive'), "
        "((-1, -1), (2, 3), 'NEU')]\n",
    )
    assert bad == []
    assert records[0].text == "服务挺好，2个人点了happy hour套餐😋"
    assert parts(records[0]) == [
        ("服务", "挺好", "positive"),
        ("happy hour套餐", "😋", "positive"),
        (None, "挺好", "neutral"),
    ]


def test_aste_spans_may_overlap(tmp_path: Path) -> None:
    records, _ = load(tmp_path, "aste", "好 吃 不 贵####[((0, 1), (0, 3), 'POS')]\n")
    quad = (records[0].quads or ())[0]
    assert (quad.aspect, quad.expression) == (Span(0, 2), Span(0, 4))


def test_dmaste_gives_first_and_last_word_and_a_domain(tmp_path: Path) -> None:
    records, bad = load(
        tmp_path,
        "dmaste",
        "My  dog really loves this toy####[([-1], [2, 3], 'POS'), ([4, 5], [3], 'POS')]####Pets\n",
    )
    assert bad == []
    assert parts(records[0]) == [
        (None, "really loves", "positive"),
        ("this toy", "loves", "positive"),
    ]


@pytest.mark.parametrize(
    ("labels", "reason"),
    [
        ("[([0], [9], 'POS')]", "words 9-10 are not inside the text's 3"),
        ("[([2, 1], [0], 'POS')]", "not inside"),
        ("[([0], [1], 'MEH')]", "unknown polarity 'MEH'"),
        ("[([0], ['x'], 'POS')]", "list of numbers"),
        ("[([0], [], 'POS')]", "empty list"),
        ("[([0], [1])]", "three parts"),
    ],
)
def test_aste_bad_rows(tmp_path: Path, labels: str, reason: str) -> None:
    records, bad = load(tmp_path, "aste", f"bad row here####{labels}\nfine one####[]\n")
    assert [record.text for record in records] == ["fine one"]
    assert reason in bad[0].reason


def test_the_dev_spelling_of_polarities(tmp_path: Path) -> None:
    records, _ = load(
        tmp_path, "aste", "a b####[([0], [1], 'Negative')]\nc d####[([0], [1], 'neu')]\n"
    )
    polarities = [quad.polarity for record in records for quad in record.quads or ()]
    assert polarities == [Polarity.NEGATIVE, Polarity.NEUTRAL]
