"""The questions with the calls that are right, in two halves; the second was held out."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("questions.jsonl")
SEED = 20


def asked_questions() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The half that the rules were written with, and the half that nobody looked at meanwhile."""
    rows = [json.loads(line) for line in FILE.read_text("utf-8").splitlines()]
    random.Random(SEED).shuffle(rows)
    return rows[: len(rows) // 2], rows[len(rows) // 2 :]


def is_right(row: dict[str, Any], plan: Any) -> bool:
    """Whether a plan is the call that a row has, in every field, or its refusal."""
    from guandian.analyst.questions.refusals import Refusal

    if isinstance(plan, Refusal):
        return bool(plan.kind == row.get("refuse"))
    return bool(plan.to_json() == row.get("call"))
