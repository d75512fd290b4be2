"""A labelled text in the forms of doccano."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from guandian.domain import Labelled
from guandian.errors import BadRow
from guandian.labelling import Notes, read_items, tool_of

TEXT = "😀杯盖很紧，提手松了"


def doccano(tmp_path: Path, *rows: dict[str, Any]) -> tuple[list[Labelled], list[BadRow], Notes]:
    path = tmp_path / "doccano.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    tool, records, bad, notes = load(path)
    assert tool == "doccano"
    return records, bad, notes


def load(path: Path) -> tuple[str, list[Labelled], list[BadRow], Notes]:
    tool, bad, notes = tool_of(path), list[BadRow](), Notes()
    items = list(read_items(path, tool, notes, on_error=bad.append, units="code-points"))
    return tool, [item.record for item in items], bad, notes
