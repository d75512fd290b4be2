"""What `guandian train` shows in a terminal, at the width that most have."""

from __future__ import annotations

from io import StringIO

from rich.console import Console

from guandian.training.events import Scored, Stepped
from guandian.training.progress import Watching

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
