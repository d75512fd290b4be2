"""The worked example of docs/changes.md and its Chinese twin: every number is computed anew."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from guandian.evaluation.changes import OpinionCell, WindowCounts, explain_change

DOCS = Path(__file__).resolve().parents[2] / "docs"
COUNTS = re.compile(
    r"^\| ([XY]), (\w+) \| (\d+) / (\d+) / (\d+) \| (\d+) / (\d+) / (\d+) \|$", re.M
)
CAUSES = re.compile(r"^\| ([XY])(?:, (\w+))? \| (mix|rate) \| (\S+) \| (\S+) \S+ (\S+) \|$", re.M)


def window(counts: list[list[int]]) -> WindowCounts:
    opinions = [
        (cell, polarity)
        for cell, numbers in enumerate(counts)
        for polarity, number in enumerate(numbers)
        for _ in range(number)
    ]
    rows = [
        (review, cell, *(int(polarity == kind) for kind in range(3)))
        for review, (cell, polarity) in enumerate(opinions)
    ]
    return WindowCounts.of(rows, len(rows))  # type: ignore[arg-type]


@pytest.mark.parametrize("page", ["changes.md", "zh/changes.md"])
def test_the_example_is_what_it_says(page: str) -> None:
    text = (DOCS / page).read_text("utf-8")
    table = COUNTS.findall(text)
    assert len(table) == 4
    cells = [OpinionCell("performance", row[1], row[0], "app") for row in table]
    before, after = (
        window([[int(number) for number in row[k : k + 3]] for row in table]) for k in (2, 5)
    )
    shown = explain_change(cells, before, after)
    points = [
        (
            cause.product,
            cause.aspect or "",
            cause.kind,
            *(f"{100 * end:.2f}" for end in (cause.effect.value, cause.effect.low,
                                             cause.effect.high)),
        )
        for cause in shown.causes
    ]  # fmt: skip
    assert points == CAUSES.findall(text)
    assert shown.before is not None and shown.after is not None and shown.change is not None
    assert f"{100 * shown.before:+.2f}" in text and f"{100 * shown.after:+.2f}" in text
    assert f"{-100 * shown.change:.2f}" in text
    assert f"{abs(100 * shown.remainder):.2f}" == "0.00"
    y = shown.causes[1]
    share = y.after.share - y.before.share
    assert f"{100 * share:.2f}" in text
    assert share * (y.before.net - (0.60 + 0.17) / 2) == pytest.approx(y.effect.value)
    battery = shown.causes[0]
    evened = 0.5 * (1 - (y.before.share + y.after.share) / 2)
    assert f"{100 * evened:.2f} %" in text
    change = battery.after.net - battery.before.net
    assert evened * change == pytest.approx(battery.effect.value)
