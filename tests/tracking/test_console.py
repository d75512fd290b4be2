"""What `guandian train` shows in a terminal, at the width that most have."""

from __future__ import annotations

import re
from io import StringIO

import pytest
from rich.console import Console

from guandian.tracking.console import Watching, remarks
from guandian.tracking.events import Scored, Stepped, Unfitted

HEADS = ("spans", "pairs", "polarity", "category", "implicit", "sentiment")


def test_everything_is_told_in_80_columns() -> None:
    out = StringIO()
    console = Console(file=out, force_terminal=True, width=80, color_system=None)
    with Watching(console) as watch:
        watch(Scored(1, {"😀.jsonl/quad": 0.5}, 0.5, best=True))
        watch(Stepped(2, 4000, dict.fromkeys(HEADS, 0.123456), 1234.0, 0.7))
        watch(Stepped(3, 4000, dict.fromkeys(HEADS, 0.123456), 1234.0, 0.7))
    shown = " ".join(out.getvalue().split())
    for words in ("3/4,000", "1,234 tokens/s", "-:--:--", "0.7 GB", "最好 best 0.5000"):
        assert words in shown
    for head in HEADS:
        assert f"{head} 0.123" in shown


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (Unfitted(10, 50, 200, 400), "the 10 texts held out have 50: .*; set holdout = 0.1$"),
        (Unfitted(1, 3, 200, 44), "about 67 would do, which 44 labelled texts cannot spare: label"),
        (Unfitted(0, 0, 200, 44), "the 0 texts held out have 0: .*; label more, and set holdout$"),
    ],
)
def test_what_fits_the_confidence_is_said_in_numbers(event: Unfitted, words: str) -> None:
    ((told, _),) = remarks(event)
    assert re.search(words, told) and "200 个候选观点" in told
