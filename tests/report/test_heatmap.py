"""A matrix of scores as a picture: the same bytes for the same figures."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from guandian.evaluation.domains.transfer_matrix import Cell, Matrix
from guandian.evaluation.intervals.bootstrap import Interval
from guandian.report.evaluation.heatmap import draw_heatmap

NAMES = ("手机", "a shop of things with a very long name\x1b")


def matrix(first: float) -> Matrix:
    cells = {
        (row, column): Cell("quad", Interval(value, value - 0.1, value + 0.1), 20, row == column)
        for (row, column), value in zip(
            ((row, column) for row in NAMES for column in NAMES),
            (first, 0.5, 0.6, 0.9),
            strict=True,
        )
    }
    return Matrix("own", "leave-one-out", NAMES, NAMES, cells)


def test_means_are_of_the_cells_that_were_not_learned_from() -> None:
    table = matrix(0.2)
    assert table.means(unseen=True) == {"quad": pytest.approx(0.55)}
    assert table.means(unseen=False) == {"quad": pytest.approx(0.55)}
    values = json.loads(json.dumps(table.to_json()))
    assert values["mean_unseen"]["quad"] == pytest.approx(0.55)
    cell = values["rows"][NAMES[0]][NAMES[1]]
    assert (cell["value"], cell["reviews"], cell["unseen"]) == (0.5, 20, False)


def test_the_same_matrix_gives_the_same_bytes(tmp_path: Path) -> None:
    drawn = []
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        png, svg = draw_heatmap(matrix(0.2), tmp_path / folder / "pairs")
        assert png.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n" and png.name == "pairs.png"
        drawn.append(svg.read_text("utf-8"))
    assert drawn[0] == drawn[1]
    # What nothing was learned from is framed.
    assert drawn[0].count("stroke: #ff0000") == 2
