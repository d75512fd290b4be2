"""Questions with the calls that are right.

`questions.jsonl` was written before the rules, and half of it was held out while they were; then
came `later_questions.jsonl` (first looked at when the rules stood, then learned from) and
`last_questions.jsonl` (looked at once, three words learned from it).
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SEED = 20


def questions(name: str) -> list[dict[str, Any]]:
    """The rows of one of the files beside this one."""
    return [json.loads(line) for line in (HERE / name).read_text("utf-8").splitlines()]


def asked_questions() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The half that the rules were written with, and the half that nobody looked at meanwhile."""
    rows = questions("questions.jsonl")
    random.Random(SEED).shuffle(rows)
    return rows[: len(rows) // 2], rows[len(rows) // 2 :]


def is_right(row: dict[str, Any], plan: Any) -> bool:
    """Whether a plan is the call that a row has, in every field, or its refusal."""
    from guandian.analyst.questions.refusals import StoreRefusal

    if isinstance(plan, StoreRefusal):
        return bool(plan.kind == row.get("refuse"))
    return bool(plan.to_json() == row.get("call"))
