"""What a name stands for: files packed with gzip, folders, addresses, and kinds not read."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from pathlib import Path

import pytest

from guandian.errors import GuandianError
from guandian.files import Layout, read_reviews
from guandian.files.formats import delimited
from guandian.files.formats import encoding as decode

CSV = "评价内容,评分\n很好😀,5\n".encode()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv.gz", CSV),
        ("a.CSV.GZ", CSV.decode().encode("gb18030", "replace")),
        ("a.jsonl.gz", '{"text": "很好😀"}\n'.encode()),
        ("a.json.gz", '[{"text": "很好😀"}]'.encode()),
    ],
)
def test_what_is_packed_with_gzip_is_read(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(gzip.compress(content, mtime=0))
    (one,) = read_reviews(tmp_path / name)
    assert one.text.startswith("很好")


def test_a_packed_file_that_is_cut_is_told(tmp_path: Path) -> None:
    rows = b"".join(f"好{number * 7919 % 100_003},5\n".encode() for number in range(60_000))
    whole = gzip.compress(CSV + rows, mtime=0)
    (tmp_path / "a.csv.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(GuandianError, match=r"a\.csv\.gz cannot be unpacked.*\n.*gzip -t"):
        list(read_reviews(tmp_path / "a.csv.gz"))
    (tmp_path / "b.csv.gz").write_bytes(CSV)
    with pytest.raises(GuandianError, match="cannot be unpacked"):
        read_reviews(tmp_path / "b.csv.gz")
    (tmp_path / "c.csv.gz").write_bytes(gzip.compress(b"", mtime=0))
    with pytest.raises(GuandianError, match="is empty"):
        read_reviews(tmp_path / "c.csv.gz")


def archive(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name in names:
            made.writestr(name, "<x/>")
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.zip", archive("b.csv"), r"an archive that ends in \.zip is not read\n.*unpack it"),
        ("a.xlsx", archive("b.csv"), r"is an archive.*holds b\.csv\n.*unpack it"),
        ("a.xlsx", archive("word/document.xml"), r"a Word document.*\n.*copy its table"),
        ("a.xlsx", archive("mimetype", "content.xml"), r"OpenDocument.*\n.*save it as \.xlsx"),
        ("a.xls", archive("Index/Document.iwa"), r"Numbers.*\n.*save it as \.xlsx"),
        ("a.numbers", b"PK", r"ends in \.numbers is not read\n.*save it as \.xlsx"),
        ("a.xls", b"\x09\x08\x10\x00\x00\x06\x05\x00", "Excel 97 to 2003"),
        ("a.xls", b"MIME-Version: 1.0\r\n", r"a page of HTML.*\n.*save it as \.xlsx"),
        ("a.csv", b"<!DOCTYPE html><html>", r"a page of HTML.*\n.*save it as"),
        ("a.xls", "<table>".encode("utf-16"), "a page of HTML"),
        ("a.csv", b"\x89PNG\r\n\x1a\n", r"a picture, not text\n"),
        ("a.xlsx.gz", gzip.compress(b"x", mtime=0), r"packed workbook.*\n.*gunzip"),
        ("a.sqlite", b"x", r"is not read\n.*export the table as CSV"),
    ],
)
def test_kinds_that_are_not_read(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(GuandianError, match=words):
        read_reviews(tmp_path / name)


def test_addresses_and_folders(tmp_path: Path) -> None:
    for address in ("https://x.org/a.csv", "s3://x/a.csv", "ftp://x.org/a"):
        with pytest.raises(GuandianError, match=r"is an address.*\n.*curl -L -o"):
            read_reviews(address)
    with pytest.raises(GuandianError, match=r"is a folder.*\n.*/\*\.csv"):
        read_reviews(tmp_path)


def test_text_that_is_a_table(tmp_path: Path) -> None:
    """Excel's "Unicode text" is a table under the name of a text."""
    path = tmp_path / "a.txt"
    path.write_bytes("评价内容\t评分\n很好😀\t5\n".encode("utf-16"))
    reader = read_reviews(path)
    assert [(one.text, one.rating) for one in reader] == [("很好😀", 5.0)]
    assert "names columns between tabs: read as a table" in reader.notes[0]
    assert len(list(read_reviews(path, layout=Layout(format="lines")))) == 2
    path.write_text("很好\t用了三天\n评价\t不错\n", encoding="utf-8")
    assert len(list(read_reviews(path))) == 2


def test_bars_between_columns(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("review|rating\ngood, nice|4\n", encoding="utf-8")
    (one,) = read_reviews(tmp_path / "a.csv")
    assert (one.text, one.rating) == ("good, nice", 4.0)


@pytest.mark.slow
def test_a_table_that_is_wider_than_any_sheet_is_refused_at_once(tmp_path: Path) -> None:
    for header in ("text," * 20_000, "a," * 1_000_000, "," * 200_000):
        (tmp_path / "a.csv").write_text(f"{header}x\n1\n", encoding="utf-8")
        with pytest.raises(GuandianError, match="more than the 16,384 of a sheet"):
            read_reviews(tmp_path / "a.csv")
    wide = ",".join(["text", *["x"] * 16_000])
    (tmp_path / "b.csv").write_text(f"{wide}\n好😀{',1' * 16_000}\n", encoding="utf-8")
    (one,) = read_reviews(tmp_path / "b.csv")
    assert one.text == "好😀" and one.extra["x (16000)"] == "1"


def test_blanks_without_an_end_are_no_reviews(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a pipe that gives nothing else nobody waits for ever, and nothing is kept."""
    monkeypatch.setattr(decode, "MOST_BLANK", 1 << 21)
    for form, content in (("csv", "\n"), ("lines", " \n"), ("json", "\n")):
        (tmp_path / "a").write_text(content * (1 << 22), encoding="utf-8")
        with pytest.raises(GuandianError, match=r"more than 2,097,152 blank characters in a row"):
            read_reviews(tmp_path / "a", layout=Layout(format=form))  # type: ignore[arg-type]
    monkeypatch.setattr(delimited, "_MOST_BLANK", 1000)
    (tmp_path / "a").write_text('"\n"\n' * 2000, encoding="utf-8")
    with pytest.raises(GuandianError, match="is empty"):
        read_reviews(tmp_path / "a", layout=Layout(format="csv"))


def test_objects_with_more_keys_than_a_sheet_has_columns(tmp_path: Path) -> None:
    row = {"text": "好😀", **{f"k{number}": 1 for number in range(20_000)}}
    (tmp_path / "a.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    with pytest.raises(GuandianError, match="has 20,001 columns, more than the 16,384"):
        read_reviews(tmp_path / "a.jsonl")
