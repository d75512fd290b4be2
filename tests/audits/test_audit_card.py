"""The card's section of audits: written anew, of this model alone, other sections left alone."""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from guandian.audits.audit_card import HEADING, write_audits
from guandian.bundle import Bundle, shipped
from guandian.bundle.bundle import MANIFEST
from guandian.bundle.card_sections import with_section
from guandian.errors import GuandianError
from guandian.pipelines.promising import promises_of

DAY = date(2026, 11, 30)


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    ours, folder = Bundle.open(shipped()), tmp_path / "bundle"
    folder.mkdir()
    for name in (*ours.manifest.files, MANIFEST):
        os.link(ours.path / name, folder / name)
    return Bundle.open(folder)


def stress_of(model: str, **changes: Any) -> dict[str, Any]:
    rate = {"value": 0.25, "low": 0.1, "high": 0.5}
    return {
        "model": model,
        "data": "shop | reviews\n## X",
        "seed": 1,
        "share": 0.15,
        "queries": 200,
        "limit": 40,
        "capabilities": [
            {"task": "sentiment", "capability": "pinyin", "cases": 8, "failures": 2, "rate": rate}
        ],
        "rounds": [
            {"task": "opinions", "defences": [], "right": 0, "turned": 0, "success": None},
        ],
        "aspects": [
            {"change": "target reversed", "before": 0.9, "after": rate, "drop_points": 65.0,
             "targets": 8},
        ],
        "certificate": {"copies": 200, "longest": 50, "reviews": 8, "certified": {"2": rate}},
    } | changes  # fmt: skip


def swaps_of(model: str) -> dict[str, Any]:
    interval = {"value": 0.02, "low": 0.01, "high": 0.03}
    shift = {"mean": interval, "largest": 0.04, "flips": {"value": 0.0}, "number": 12}
    row = {"origin": "all", "kind": "all", "language": "all", "sentiment": shift, "opinions": None}
    bounds = {"mean": 0.01, "largest": 0.05, "flips": 0.002}
    return {"model": model, "bounds": bounds, "rows": [row]}


def test_tables_stand_in_their_section_and_others_stay(bundle: Bundle, tmp_path: Path) -> None:
    before = bundle.file("card.md").read_text("utf-8")
    files = [tmp_path / "stress.json", tmp_path / "alike.json"]
    for file, figures in zip(files, (stress_of, swaps_of), strict=True):
        file.write_text(json.dumps(figures(bundle.manifest.id)), "utf-8")
    written = write_audits(bundle, files, promises_of(bundle.path), DAY)
    first = written.file("card.md").read_text("utf-8")
    second = write_audits(written, files, None, DAY).file("card.md").read_text("utf-8")
    Bundle.open(bundle.path)  # the checksums follow
    assert second.count(f"\n## {HEADING}\n") == first.count(f"\n## {HEADING}\n") == 1
    assert "What was measured" in second and before.partition("\n## ")[0] in second
    assert f"{bundle.manifest.id}, 2026-11-30" in second
    assert "| sentiment | pinyin | 8 | 2 | 25.0 | 10.0–50.0 |" in second
    assert "| target reversed | 8 | 90.0 | 25.0 (10.0–50.0) | 65.0 |" in second
    assert "| 2 edits | 25.0 (10.0–50.0) |" in second
    assert "| all | sentiment | 12 | 0.0200 (0.0100–0.0300) | 0.040 | 0.00 | mean |" in second
    assert "shop / reviews ## X" in second and "\n## X" not in second
    assert "| whole | all | " in first and "Promised precision" not in second


def test_figures_of_another_model_or_of_nothing_are_refused(bundle: Bundle, tmp_path: Path) -> None:
    before, file = bundle.file("card.md").read_bytes(), tmp_path / "stress.json"
    for figures, told in (
        (stress_of("another@1.0.0"), "is of another@1.0.0, and the card is of"),
        ({"model": bundle.manifest.id}, "holds no figures"),
        ([1], "holds no figures"),
    ):
        file.write_text(json.dumps(figures), "utf-8")
        with pytest.raises(GuandianError, match=told):
            write_audits(bundle, [file], None, DAY)
    with pytest.raises(GuandianError, match="holds no figures"):
        write_audits(bundle, [tmp_path / "none.json"], None, DAY)
    assert bundle.file("card.md").read_bytes() == before


def test_a_section_is_replaced_where_it_stands() -> None:
    card = "# a\n\nwords\n\n## One\n\n1\n\n## Two\n\n2\n"
    changed = with_section(card, "One", "new")
    assert changed == "# a\n\nwords\n\n## One\n\nnew\n\n## Two\n\n2\n"
    assert with_section(changed, "Two", "last\n") == changed.replace("\n2\n", "\nlast\n")
    assert with_section(card, "Three", "3").endswith("## Two\n\n2\n\n## Three\n\n3\n")
