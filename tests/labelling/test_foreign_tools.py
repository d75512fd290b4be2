"""Files of tools that are not read, and rows of those that are which hold no label."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.labelling.samples import TEXT, doccano

from guandian.errors import BadRow, GuandianError
from guandian.labelling import Notes, read_items, tool_of

SPAN = {"start": 1, "end": 3, "label": "product"}


@pytest.mark.parametrize(
    ("tool", "row", "repair"),
    [
        ("Prodigy", {"text": TEXT, "label": "positive", "answer": "reject"}, '"accept" alone'),
        ("Prodigy", {"text": TEXT, "spans": [SPAN], "answer": "accept", "_view_id": "ner"}, ""),
        ("Prodigy", {"text": TEXT, "_input_hash": 1, "_task_hash": 2, "spans": []}, ""),
        ("Prodigy", {"text": TEXT, "accept": ["a"], "options": [], "answer": "accept"}, ""),
        ("spaCy", {"text": TEXT, "ents": [SPAN], "tokens": []}, "a line for each review"),
        ("spaCy", {"id": 0, "paragraphs": [{"raw": TEXT, "sentences": []}]}, ""),
        ("spaCy", [TEXT, {"entities": [[1, 3, "product"]]}], ""),
        ("spaCy", [TEXT, {"cats": {"POSITIVE": 1}}], ""),
        (
            "PaddleNLP, converted for training",
            {"content": TEXT, "prompt": "产品", "result_list": [{"text": "杯盖"}]},
            "that it was converted from",
        ),
        ("INCEpTION", {"%TYPES": {}, "%FEATURE_STRUCTURES": [], "%VIEWS": {}}, "CoNLL 2002"),
        ("Hugging Face", {"tokens": ["杯", "盖"], "ner_tags": ["B", "I"]}, r"named \.conll"),
        ("CLUENER", {"text": TEXT, "label": {"product": {"杯盖": [[1, 2]]}}}, ""),
    ],
)
@pytest.mark.parametrize("form", ["lines", "list"])
def test_tools_that_are_not_read_are_named(
    tmp_path: Path, tool: str, row: Any, repair: str, form: str
) -> None:
    """A row that somebody rejected must never be taken for a label."""
    path = tmp_path / "a.json"
    line = json.dumps(row, ensure_ascii=False)
    path.write_text(
        f"[{line}]" if form == "list" or isinstance(row, list) else line + "\n", "utf-8"
    )
    with pytest.raises(GuandianError, match=rf"is of {tool}.* which is not read\n.*{repair}"):
        tool_of(path)
    if tool == "Prodigy":
        with pytest.raises(GuandianError, match="is of Prodigy"):
            list(read_items(path, "doccano", Notes()))


@pytest.mark.parametrize(
    ("name", "content", "tool"),
    [
        ("a.ann", "T1\taspect 0 2\t杯盖\n", "brat"),
        ("a.xmi", "<xmi/>", "INCEpTION"),
        ("a.spacy", "x", "spaCy"),
        ("a.xml", "<sentences/>", "another program"),
        ("a.tsv", "#FORMAT=WebAnno TSV 3.3\n\n#Text=好\n1-1\t0-1\t好\t_\n", "WebAnno or INCEpTION"),
    ],
)
def test_files_of_tools_that_are_not_read(
    tmp_path: Path, name: str, content: str, tool: str
) -> None:
    (tmp_path / name).write_text(content, "utf-8")
    with pytest.raises(GuandianError, match=rf"is of {tool}, which is not read\n"):
        list(read_items(tmp_path / name, tool_of(tmp_path / name), Notes()))


@pytest.mark.parametrize("name", ["a.conll", "a.iob2", "a.bmes", "a.bioes"])
def test_tags_by_any_ending(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("杯 B-product\n盖 I-product\n", "utf-8")
    assert tool_of(tmp_path / name) == "conll"


def test_what_people_wrote_is_no_class(tmp_path: Path) -> None:
    """Sequence to sequence, and a class that comes again, however long, is one."""
    rows = [{"text": TEXT, "label": ["The lid is tight", "It is tight!"]},
            {"text": "好", "label": ["Good"]}]  # fmt: skip
    records, bad, notes = doccano(tmp_path, *rows)
    assert bad == [] and [record.labels for record in records] == [{}, {}]
    (told,) = notes.places
    assert "texts that people wrote, no classes, not read" in told
    long = "Delivery, packaging and after-sales service of the seller"
    rows = [{"text": TEXT, "label": [long]}, {"text": "好", "label": [long]}]
    assert [record.labels for record in doccano(tmp_path, *rows)[0]] == [{"class": long}] * 2


def test_numbers_are_no_classes(tmp_path: Path) -> None:
    """Not even 0, of which nobody knows what it stands for."""
    records, bad, _ = doccano(tmp_path, *({"text": TEXT, "label": number} for number in (0, 1, 5)))
    assert records == []
    assert ["needs a list or a name" in each.reason for each in bad] == [True] * 3


@pytest.mark.parametrize("name", ["a.conll", "a.bio"])
def test_a_line_of_another_encoding_spoils_its_sentence(tmp_path: Path, name: str) -> None:
    """What is left of it is no text that anybody labelled."""
    good, damaged = "杯 B-product\n盖 I-product\n\n", "很 O\n杯 B-product\n".encode()
    lines = [good.encode(), damaged + "盖 I-product\n\n".encode("gb18030"), good.encode()]
    lines += ["盖 O\n".encode("gb18030") + damaged]
    (tmp_path / name).write_bytes(b"".join(lines))
    bad: list[BadRow] = []
    items = read_items(tmp_path / name, tool_of(tmp_path / name), Notes(), on_error=bad.append)
    assert [item.record.text for item in items] == ["杯盖", "杯盖"]
    assert [each.line for each in bad] == [6, 11]
