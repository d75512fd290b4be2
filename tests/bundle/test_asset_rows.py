"""Every shipped file with weights, figures or texts has its origin and licence told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from guandian.assets import assets

PACKAGE = assets().parent
ROW = re.compile(
    r"^\| `(?P<file>[^`]+)` \| (?P<what>.+?) \| (?P<origin>.+?) \| (?P<licence>.+?) \|$"
)


def rows() -> dict[str, re.Match[str]]:
    lines = (assets() / "CARD.md").read_text("utf-8").splitlines()
    return {match["file"]: match for line in lines if (match := ROW.match(line))}


def shipped() -> list[str]:
    files = [path for path in assets().rglob("*") if path.is_file()]
    files += PACKAGE.rglob("*.safetensors")
    kept = {path for path in files if path.suffix not in (".py", ".pyc")}
    return sorted(path.relative_to(PACKAGE).as_posix() for path in kept)


@pytest.mark.parametrize("file", shipped())
def test_every_asset_has_origin_and_licence(file: str) -> None:
    row = rows()[file]
    assert all(row[part].strip() for part in ("what", "origin", "licence"))


def test_no_row_tells_of_what_is_not_there() -> None:
    assert [file for file in rows() if not Path(PACKAGE / file).is_file()] == []


def test_the_model_card_names_a_licence_for_every_set() -> None:
    """Or says that there is none; a set that restricts use is marked."""
    card = (assets() / "bundles" / "guandian-small" / "card.md").read_text("utf-8")
    table = [line.split("|")[1:-1] for line in card.splitlines() if line.startswith("| ")]
    sets = [cells for cells in table if len(cells) == 5 and cells[1].strip().isdigit()]
    assert len(sets) > 20
    assert all(cells[3].strip() and cells[4].strip() for cells in sets)
