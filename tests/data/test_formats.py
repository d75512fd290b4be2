"""The contract of every format: good rows come, a bad one is named, nothing is lost."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from guandian.data import FORMATS, read
from guandian.errors import BadRow, GuandianError

# For each format the files of a folder: two good texts around a bad row.
SAMPLES: Mapping[str, Mapping[str, str]] = {
    "guandian": {"train.jsonl": '{"text": "好😀"}\n{"text": ""}\n{"text": "坏"}\n'},
    "zhijiang": {
        "train_reviews.csv": "id,Reviews\n1,好😀\n2, \n3,坏\n",
        "train_labels.csv": "id,AspectTerms,A_start,A_end,OpinionTerms,O_start,O_end,"
        "Categories,Polarities\n1,_, , ,好,0,1,整体,正面\n3,_, , ,坏,0,1,整体,负面\n",
    },
    "asqp": {
        "train.txt": "好😀####[['整体#整体', '-1,-1', '0,1', '2']]\n不好####[[1]]\n坏####[]\n"
    },
    "aste": {"train.txt": "好 😀####[((-1, -1), (0, 0), 'POS')]\n不好####[(1,)]\n坏####[]\n"},
    "dmaste": {
        "train.txt": "好 😀####[([-1], [0], 'POS')]####X\n不好####[(1,)]####X\n坏####[]####X\n"
    },
    "acos": {"train.tsv": "好 😀\t-1,-1 A#B 2 0,1\n不好\t1\n坏\t-1,-1 A#B 0 0,1\n"},
    "memd": {
        "train.json": '[{"raw_words": "好😀", "quadruples": []}, {"raw_words": 1}, '
        '{"raw_words": "坏", "quadruples": []}]'
    },
    "polarity_csv": {"train.csv": "label,review\n1,好😀\n7,不好\n0,坏\n"},
    "polarity_tsv": {"train.tsv": "label\ttext_a\n1\t好😀\n7\t不好\n0\t坏\n"},
    "eprstmt": {
        "train.json": '{"sentence": "好😀", "label": "Positive"}\n{}\n{"sentence": "坏"}\n'
    },
    "amazon_polarity": {"train.dat": "好😀$LABEL$1\n不好$LABEL$\n坏$LABEL$0\n"},
    "amazon_stars": {"train.csv": "reviewText,overall\n好😀,5.0\n不好,9\n坏,1\n"},
    "bio": {"train.txt": "好 O\n😀 B-HC\n\n不 I-HC\n\n坏 O\n"},
    "apc": {"train.txt": "$T$😀\n好\nPositive\n不好\n好\nPositive\n$T$\n坏\nNegative\n"},
}


@pytest.fixture(params=sorted(FORMATS))
def sample(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Path]:
    for name, text in SAMPLES[request.param].items():
        (tmp_path / name).write_text(text, "utf-8")
    return request.param, tmp_path


def test_every_format_has_a_sample() -> None:
    assert set(SAMPLES) == set(FORMATS)


def test_good_rows_come_and_the_bad_one_is_named(sample: tuple[str, Path]) -> None:
    format, folder = sample
    bad: list[BadRow] = []
    records = list(read(format, folder, on_error=bad.append))
    assert [record.text.replace(" ", "") for record in records] == ["好😀", "坏"]
    assert len({record.id for record in records}) == 2
    assert {record.dataset for record in records} == {folder.name}
    assert len(bad) == 1
    assert bad[0].line > 1
    assert Path(bad[0].path).parent == folder
    assert bad[0].reason


def test_a_byte_order_mark_is_no_text(sample: tuple[str, Path]) -> None:
    format, folder = sample
    for path in folder.iterdir():
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    records = list(read(format, folder, on_error="skip"))
    assert [record.text.replace(" ", "") for record in records] == ["好😀", "坏"]


def test_stop_is_the_first_bad_row(sample: tuple[str, Path]) -> None:
    format, folder = sample
    with pytest.raises(BadRow):
        list(read(format, folder, on_error="stop"))


def test_reading_is_lazy_and_a_missing_part_is_named(sample: tuple[str, Path]) -> None:
    format, folder = sample
    records = read(format, folder, part="dev")
    with pytest.raises(GuandianError, match="no file"):
        list(records)


def test_spans_are_inside_their_texts(sample: tuple[str, Path]) -> None:
    format, folder = sample
    for record in read(format, folder, on_error="skip"):
        for quad in record.quads or ():
            for span in (quad.aspect, quad.expression):
                assert span is None or span.of(record.text) in {"好", "坏"}


def test_unknown_formats_and_choices_list_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(GuandianError, match=r"no format 'conll'.*\n.*guandian, zhijiang, asqp"):
        read("conll", tmp_path)
    with pytest.raises(GuandianError, match="on_error is 'ignore'"):
        read("asqp", tmp_path, on_error="ignore")  # type: ignore[arg-type]
    with pytest.raises(GuandianError, match=r"folder with train_reviews\.csv, train_labels\.csv"):
        read("zhijiang", tmp_path / "train_reviews.csv")
