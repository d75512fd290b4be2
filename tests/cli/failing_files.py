"""Files that a clumsy user gives to the commands of failing.txt."""

from __future__ import annotations

from pathlib import Path
from shutil import copy

import openpyxl

LABELLED = Path(__file__).resolve().parent.parent / "data_files"
_RECIPE = """version = 1
name = "r"
data = [ {} ]
[base]
model = "{}"
"""
_TEXTS = {
    "good.csv": "text,product,rating,time\nThe battery dies fast.,a,5,2024-01-02\n",
    "none.csv": "a,b\n1,2\n",
    "empty.csv": "",
    "header.csv": "text\n",
    "broken.csv": 'text,product\n"abc,de\nxx,yy\n',
    "wide.csv": "text,a\nx,y,z,w\ngood,b\n",
    "time.csv": "text,time\ngood,notatime\n",
    "blank.csv": "text\n\n \n",
    "badjson.json": "{",
    "badjson.jsonl": '{"text": "a"}\n{"text": \n',
    "scalar.json": "3",
    "deep.json": "[" * 2000,
    "list.json": "[]",
    "ls2.json": '[{"foo": 1}]',
    "fake.xlsx": "not a workbook",
    "html.xls": "<html><table></table></html>",
    "html.xlsx": "<html><table></table></html>",
    "x.pdf": "%PDF-1.4",
    "x.parquet": "PAR1xxxx",
    "pdf.csv": "%PDF-1.4",
    "cut.jsonl": '{"id": ',
    "empty.jsonl": "",
    "object.json": "{}",
    "null.json": "null",
    "doc.jsonl": '{"text": "a", "label": [[0, 9, "x"]]}\n',
    "conll.conll": "a -X- _ B-ASPECT\nb -X- _ I-ASPECT\n\n",
    "badlabels.jsonl": "\n".join(
        (
            '{"id": "1", "text": "good", "quads": [{"aspect": [0, 9], "polarity": "positive"}]}',
            '{"id": "2", "text": "good", "quads": [{"expression": [2, 3], "polarity": "great"}]}',
            '{"id": "3", "quads": []}',
            "xx",
            '{"id": "4", "text": "a", "quads": 3}',
        )
    ),
    "syntax.toml": "version = \n",
    "unknown.toml": "version = 1\nfoo = 3\n",
    "recipe.toml": _RECIPE.format('{ corpus = "labelled.jsonl" }', "guandian-small"),
    "mined.toml": _RECIPE.format('{ corpus = "done.jsonl" }', "guandian-small"),
    "nomodel.toml": _RECIPE.format('{ corpus = "waimai" }', "nosuch/model"),
    "corpus.toml": _RECIPE.format('{ corpus = "waimia" }', "guandian-small"),
    "leave.toml": _RECIPE.format(
        '{ corpus = "guandian-written", leave_out = ["air-frier"] }', "guandian-small"
    ),
    "only.toml": _RECIPE.format(
        '{ corpus = "guandian-written", only = ["air-fryers"] }', "guandian-small"
    ),
    "space.toml": '[space]\n"optimisation.learning_rate" = { low = 2, high = 1 }\n',
    "space2.toml": '["optimisation.learning_rat"]\nlow = 1e-5\nhigh = 1e-4\n',
    "space3.toml": '"optimisation.epochs" = [1, 2]\n',
    "space4.toml": '"seed" = [1]\n',
    "space5.toml": "",
    "words.txt": "screen a b c d\n",
    "words2.txt": "zzzz\n",
    "vec.txt": "2 3\na 1 2\n",
    "vec.npz": "x",
    "suite.jsonl": '{"text": "a"}\n',
    "mined0.jsonl": '{"x": 1}\n',
    "bundle0/manifest.json": "{",
    "bundle1/manifest.json": '{"format": 99}',
    "run0/recipe.toml": "x",
    "folder/empty": "",
}
_BYTES = {
    "bytes.csv": b"text\nabc\xff\xfe\x81\x00zz\n",
    "bin.csv": bytes(range(256)) * 40,
    "utf8bad.csv": "text\n\u00e9cran\n".encode() + b"\xff\xff\xff\xfftail\n",
    "old.xls": bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600),
    "x.docx": b"PK\x03\x04" + bytes(100),
    "xlsx.csv": b"PK\x03\x04" + bytes(100),
    "zip.zip": b"PK\x03\x04",
    "a.csv.gz": b"\x1f\x8b\x08",
}


def write_files(folder: Path, mined: str) -> None:
    """Write all of them; `mined` is the content of done.jsonl, which a model has found."""
    for name, content in {**_TEXTS, "done.jsonl": mined}.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(content, "utf-8")
    for name, raw in _BYTES.items():
        (folder / name).write_bytes(raw)
    for name in ("quads_labelled", "sentiment_labelled"):
        copy(LABELLED / f"{name}.jsonl", folder / f"{name.split('_')[0]}.jsonl")
    (folder / "quads.jsonl").rename(folder / "labelled.jsonl")
    for name, count in (("two.xlsx", 2), ("table.xlsx", 2), ("headonly.xlsx", 1)):
        book = openpyxl.Workbook()
        for row in [["text", "rating"], ["good screen", 3]][:count]:
            book.active.append(row)
        book.create_sheet("Hidden").sheet_state = "hidden"
        book.save(folder / name)
