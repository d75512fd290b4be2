from __future__ import annotations

import io

import pytest
from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from guandian.display.tables import Fitted
from guandian.report import MiningRun, aggregate, summary_table
from guandian.report.mined.figures import point_ends
from guandian.wording.wrapping import Whole

from .mined import NAMES, reviews

NUMBERS = ("12,345,678", "+12.3 (−4.5 … +67.8)", "99.9", "1,234.5 M")


def printed(what: RenderableType, width: int) -> list[str]:
    console = Console(file=io.StringIO(), width=width, color_system=None, markup=False)
    console.print(what)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def table() -> Table:
    made = Table(box=SIMPLE_HEAD, title="标题 title")
    made.add_column(Text("类别\ncategory"), overflow="fold")
    for name in ("条数\nrows", "差距\nours−it", "F1", "参数\nparameters"):
        made.add_column(Text(name), justify="right")
    made.add_row("使用体验 [b]Experience[/b] of a very long name", *NUMBERS)
    made.add_row("", *NUMBERS)
    return made


@pytest.mark.parametrize("width", [36, 40, 60, 72, 80, 200])
def test_numbers_are_whole_at_any_width(width: int) -> None:
    lines = printed(Fitted(table()), width)
    for number in NUMBERS:
        assert sum(number in line for line in lines) == 2, lines
    assert max(map(cell_len, lines)) <= width
    assert ("─" in "".join(lines)) is (width >= 72), "a table where there is room for one"


def test_a_narrow_row_names_what_each_number_is() -> None:
    assert printed(Fitted(table()), 40) == [
        "标题 title",
        "类别 category: 使用体验",
        "  [b]Experience[/b] of a very long name",
        "  条数 rows: 12,345,678",
        "  差距 ours−it: +12.3 (−4.5 … +67.8)",
        "  F1: 99.9",
        "  参数 parameters: 1,234.5 M",
        "  条数 rows: 12,345,678",
        "  差距 ours−it: +12.3 (−4.5 … +67.8)",
        "  F1: 99.9",
        "  参数 parameters: 1,234.5 M",
    ]


@pytest.mark.parametrize("width", [24, 30, 40, 80])
def test_an_interval_begins_another_line_rather_than_break(width: int) -> None:
    line = Whole("观点净情感 net of the opinions ", "−6 (−19 … +6)", " · 原样 as found −2 · ")
    lines = printed(line, width)
    assert max(map(cell_len, lines)) <= width
    for whole in ("−6 (−19 … +6)", "原样 as found −2"):
        assert sum(whole in each for each in lines) == 1, lines
    assert not any(each.endswith(("·", " ")) or each.startswith("·") for each in lines)


@pytest.mark.parametrize("width", [40, 60, 80])
def test_the_summary_keeps_its_numbers(width: int) -> None:
    total = aggregate(reviews(300))
    lines = printed(summary_table(total, NAMES, MiningRun(1.0, 2, 300)), width)
    for _, cell in list(total.categories.ranked())[:12]:
        net = cell.tally.net()
        assert net
        ends = point_ends(net)
        assert any(ends in line for line in lines), (ends, lines)
        assert any(f"{cell.tally.opinions:,}" in line.split() for line in lines)
    assert max(map(cell_len, lines)) <= width
