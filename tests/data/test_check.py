from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from guandian.cli.data.commands import app
from guandian.data import corpora
from guandian.data.check import check
from guandian.data.taxonomy import taxonomy_page
from guandian.errors import GuandianError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "train.jsonl").write_text(
        '{"text": "屏幕很亮😀", "quads": [{"expression": [2, 4], "polarity": "positive"}]}\n'
        '{"text": "[red]不好", "sentiment": "negative"}\n{"text": 3}\n',
        "utf-8",
    )
    (tmp_path / "dev.jsonl").write_text('{"text": "屏幕 很亮😀"}\n', "utf-8")
    (tmp_path / "waimai_10k").mkdir()
    (tmp_path / "waimai_10k" / "dev.csv").write_text("label,review\n0,[red]不好\n", "utf-8")
    return tmp_path


def test_counts_bad_rows_and_leaks(root: Path) -> None:
    found = check(root)
    name = root.name
    assert [(part.name, part.records, len(part.bad)) for part in found.parts] == [
        (f"{name}/train", 2, 1),
        (f"{name}/dev", 1, 0),
        ("waimai/dev", 1, 0),
    ]
    assert (found.parts[0].quads, found.parts[0].sentiments) == (1, 1)
    assert found.altered == ("waimai_10k/dev.csv",)
    assert [leak.text for leak in found.leaks] == ["屏幕很亮😀", "[red]不好"]


def test_a_folder_in_another_format(tmp_path: Path) -> None:
    (tmp_path / "train.txt").write_text("好####[]\n", "utf-8")
    assert [part.records for part in check(tmp_path, "asqp").parts] == [1]
    with pytest.raises(GuandianError, match="holds no labelled set"):
        check(tmp_path)
    with pytest.raises(GuandianError, match="no format 'x'"):
        check(tmp_path, "x")


def test_one_file_such_as_a_conversion_writes(root: Path, tmp_path: Path) -> None:
    rows = [
        {"id": "1", "text": "屏幕😀清晰", "quads": [{"aspect": [0, 2], "polarity": "positive"}]},
        {"id": "2", "text": "电池差", "quads": [{"aspect": [0, 9], "polarity": "negative"}]},
    ]
    file = tmp_path / "labelled.jsonl"
    file.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), "utf-8")
    (part,) = check(file).parts
    assert (part.name, part.records, part.quads) == ("labelled.jsonl", 1, 1)
    assert [row.line for row in part.bad] == [2]
    table = tmp_path / "labels.csv"
    table.write_text("id,text\n", "utf-8")
    with pytest.raises(GuandianError, match=r"data convert .*labels\.csv -o labelled\.jsonl"):
        check(table)


def test_the_folder_of_one_known_set(root: Path) -> None:
    found = check(root / "waimai_10k")
    assert [(part.name, part.records) for part in found.parts] == [("waimai/dev", 1)]
    assert found.altered == ("waimai_10k/dev.csv",)


def test_a_set_with_half_of_its_files_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "zhijiang_laptop").mkdir()
    (tmp_path / "zhijiang_laptop" / "dev_reviews.csv").write_text("id,Reviews\n1,好\n", "utf-8")
    with pytest.raises(GuandianError, match="no file"):
        check(tmp_path)


def test_the_command_prints_what_was_found(root: Path) -> None:
    done = CliRunner().invoke(app, ["check", str(root)], env={"COLUMNS": "120"})
    assert done.exit_code == 0, done.output
    assert "line 3, column text: needs a text" in done.output
    assert "waimai/dev dev-2: [red]不好" in done.output
    assert "reported figures: waimai_10k/dev.csv" in done.output
    one = CliRunner().invoke(app, ["check", str(root), "--show", "1"])
    assert "1 more text in two places" in one.output


def test_list_and_taxonomy() -> None:
    listed = CliRunner().invoke(app, ["list"], env={"COLUMNS": "160"})
    assert "zhijiang_makeup" in listed.output
    lines = {line.split()[0]: line for line in listed.output.splitlines() if line}
    assert all(("†" in lines[each.name]) is each.restricted for each in corpora().values())
    assert "† the licence restricts use" in listed.output
    assert "许可限制用途" in listed.output and "exclude_restricted = true" in listed.output
    assert CliRunner().invoke(app, ["taxonomy"]).output == taxonomy_page()
