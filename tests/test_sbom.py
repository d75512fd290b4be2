"""The bill of materials in the wheel: valid, of the pinned versions, of the shipped model."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from guandian.bundle import Bundle, shipped

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))
from sbom import sbom, write  # noqa: E402


def test_the_bill_is_valid_and_equal_sources_give_equal_bytes(tmp_path: Path) -> None:
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    for name in ("one", "two"):
        write(tmp_path / name)
    text = (tmp_path / "one").read_text("utf-8")
    errors = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    assert not errors, str(errors)[:400]
    assert text == (tmp_path / "two").read_text("utf-8")


def test_it_names_what_is_needed_what_pages_are_made_of_and_the_model() -> None:
    rows = {row["bom-ref"]: row for row in sbom()["components"]}
    pins = (ROOT / "constraints.txt").read_text("utf-8").split()
    numpy = next(pin.partition("==")[2] for pin in pins if pin.startswith("numpy=="))
    assert rows[f"pkg:pypi/numpy@{numpy}"]["scope"] == "required"
    assert any(ref.startswith("pkg:pypi/duckdb@") for ref in rows)
    lock = json.loads((ROOT / "dashboard/package-lock.json").read_text("utf-8"))["packages"]
    vue = lock["node_modules/vue"]["version"]
    assert rows[f"pkg:npm/vue@{vue}"]["licenses"] == [{"license": {"id": "MIT"}}]
    assert not any(ref.startswith("pkg:npm/vitest@") for ref in rows)
    manifest = Bundle.open(shipped()).manifest
    assert rows["model:guandian-small"]["version"] == manifest.version
