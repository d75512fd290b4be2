"""Files of tools that are not read, and rows of those that are which hold no label."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.labelling.samples import TEXT, doccano, load

from guandian.domain import Polarity, Quad, Span
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
        ("ASTE", {"raw_words": "杯 盖", "aspects": [{"term": ["杯"]}], "opinions": []}, "a CSV"),
        ("ASTE", {"sentence": TEXT, "triples": []}, ""),
        ("ASTE", {"text": TEXT, "labels": [["杯盖", "design", "positive", "紧"]]}, ""),
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
        (
            "a.txt",
            "杯盖紧####[['杯盖', 'design', 'positive', '紧']]\n",
            "ASQP, .* opinions as words",
        ),
        ("a.asqp", "a####[]\n杯盖紧####[('杯盖', '紧', 'POS')]\n", "ASQP, .* opinions as words"),
        ("a.tsv", "#FORMAT=WebAnno TSV 3.3\n\n#Text=好\n1-1\t0-1\t好\t_\n", "WebAnno or INCEpTION"),
    ],
)
def test_files_of_tools_that_are_not_read(
    tmp_path: Path, name: str, content: str, tool: str
) -> None:
    (tmp_path / name).write_text(content, "utf-8")
    with pytest.raises(GuandianError, match=rf"is of {tool}.*, which is not read\n"):
        list(read_items(tmp_path / name, tool_of(tmp_path / name), Notes()))


@pytest.mark.parametrize("name", ["标注.xlsx", "a.XLS", "a.ods"])
def test_a_workbook_of_labels_is_named_with_what_to_save(tmp_path: Path, name: str) -> None:
    """Whether or not `--from` is said: it need not be named .xlsx, for it is."""
    (tmp_path / name).write_bytes(b"PK\x03\x04")
    with pytest.raises(GuandianError, match=r"spreadsheet program.*\n.*CSV UTF-8"):
        tool_of(tmp_path / name)
    with pytest.raises(GuandianError, match=r"spreadsheet program.*\n.*CSV UTF-8"):
        list(read_items(tmp_path / name, "csv", Notes()))


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


def test_short_texts_that_people_wrote(tmp_path: Path) -> None:
    """Twenty of which hardly one comes twice are no classes; of fewer nobody knows."""

    def rows(number: int, different: int) -> list[dict[str, Any]]:
        each = range(number)
        return [{"text": f"差{n}", "label": [f"译文：差{n % different}"]} for n in each]

    records, bad, notes = doccano(tmp_path, *rows(25, 24))
    assert bad == [] and [record.labels for record in records] == [{}] * 25
    assert "texts that people wrote, no classes, not read" in next(iter(notes.places))
    records, _, notes = doccano(tmp_path, *rows(25, 20))
    assert (records[0].labels, notes.places) == ({"class": "译文：差0"}, {})
    records, _, notes = doccano(tmp_path, *rows(2, 2))
    assert [record.labels for record in records] == [{"class": f"译文：差{n}"} for n in (0, 1)]
    (told,) = notes.places
    assert "classes of which none comes twice: did people write them?" in told


def test_numbers_are_no_classes(tmp_path: Path) -> None:
    """Not even 0, of which nobody knows what it stands for."""
    numbers = ({"text": TEXT, "label": number} for number in (0, 1, 5, [2], [[1, 3, 4]]))
    records, bad, _ = doccano(tmp_path, *numbers)
    assert records == []
    assert ["needs a list or a name" in each.reason for each in bad] == [True] * 3 + [False] * 2
    assert all("labels are told by number alone" in each.reason for each in bad)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("aste.txt", "杯 盖 紧####[([0, 1], [2], 'POS')]\n"),
        ("asqp.txt", "杯盖紧####[]\n杯盖紧####[['design', '0,2', '2,3', 2]]\n"),
        ("acos.tsv", "杯 盖 紧\t0,2 design 2 2,3\n"),
        ("apc.raw", "$T$紧\n杯盖\nPositive\n"),
        ("memd.json", '[{"raw_words": "杯 盖 紧", "quadruples": [{"aspect": {"from": 0, "to": 2}, '
         '"opinion": {"from": 2, "to": 3}, "category": "design", "sentiment": "positive"}]}]'),
    ],
)  # fmt: skip
def test_sets_of_opinions_are_told_by_their_first_lines(
    tmp_path: Path, name: str, content: str
) -> None:
    path = tmp_path / name
    path.write_text(content, "utf-8")
    tool, records, bad, _ = load(path)
    assert (tool, bad, records[-1].text) == (path.stem, [], "杯盖紧")
    expression = None if tool == "apc" else Span(2, 3)
    category = None if tool in ("apc", "aste") else "design"
    assert records[-1].quads == (Quad(Span(0, 2), expression, category, Polarity.POSITIVE),)


@pytest.mark.parametrize(
    ("wrapped", "under"),
    [
        ({"data": [{"text": TEXT, "label": "正面"}], "total": 1}, '."data"'),
        ({"code": 0, "data": {"列表": [{"text": TEXT, "sentiment": "正面"}]}}, '."data"."列表"'),
        ({"annotations": [{"data": {"text": TEXT}, "annotations": []}]}, '."annotations"'),
        ({"1": {"text": TEXT, "label": ["好评"]}, "2": {"text": "差", "label": ["差评"]}}, "."),
    ],
)
def test_an_object_around_the_reviews_is_named(
    tmp_path: Path, wrapped: dict[str, Any], under: str
) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(wrapped, ensure_ascii=False), "utf-8")
    with pytest.raises(GuandianError) as told:
        tool_of(path)
    assert f"reviews inside of an object, under {under}\n" in str(told.value)
    assert f"jq -c '{under}[]' {path}" in str(told.value)


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
