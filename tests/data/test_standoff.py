"""The annotations that stand apart from their texts find them again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from guandian.data import load
from guandian.data.checksums import altered, sums

ROOT = Path(__file__).resolve().parent.parent.parent


def test_a_text_is_found_by_its_sum_and_one_that_is_not_there_is_counted(
    script: Callable[[str], ModuleType], tmp_path: Path
) -> None:
    (tmp_path / "waimai_10k").mkdir()
    table = "label,review\n1,送得快，汤还烫手\n0,另一条评论\n"
    (tmp_path / "waimai_10k" / "train.csv").write_text(table, "utf-8")
    quad = {"aspect": None, "expression": [0, 3], "category": "logistics", "polarity": "positive"}
    row = {
        "id": "1", "corpus": "waimai", "part": "train", "group": "takeaway", "quads": [quad],
        "sentiment": "positive", "sha256": hashlib.sha256("送得快，汤还烫手".encode()).hexdigest(),
    }  # fmt: skip
    gone = row | {"id": "2", "sha256": hashlib.sha256(b"gone").hexdigest()}
    found, lost = script("standoff").join([row, gone], tmp_path)
    assert lost == 1
    assert [(one["id"], one["text"], one["quads"]) for one in found] == [
        ("1", "送得快，汤还烫手", [quad])
    ]


def test_no_annotation_carries_a_text_and_every_span_has_a_length() -> None:
    for path in (ROOT / "data/guandian_real").glob("*.jsonl"):
        for line in path.read_text("utf-8").splitlines():
            row = json.loads(line)
            assert "text" not in row
            for quad in row["quads"]:
                spans = [quad[part] for part in ("aspect", "expression") if quad[part]]
                assert spans
                assert all(start < end for start, end in spans)


def test_the_joined_set_is_the_one_that_was_learned_from(
    script: Callable[[str], ModuleType], shared: Path, tmp_path: Path
) -> None:
    for folder in ("eprstmt", "online_shopping_10_cats", "waimai_10k", "amazon_polarity_10k"):
        (tmp_path / folder).symlink_to(shared / "data" / folder)
    script("standoff").main(tmp_path)
    assert {name for name in sums(tmp_path) if name.startswith("guandian_real/")} == {
        f"guandian_real/train-{number}.jsonl" for number in (1, 2, 3, 4)
    }
    assert altered(tmp_path) == []
    assert len(load("guandian-real", tmp_path)) == 15267
