"""A recipe that states how far answers may move when words are swapped."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.pipelines.fixtures import LEARNED, UNSEEN, recipe, write_asqp
from tests.tiny_base import write_base

from guandian.errors import GuandianError
from guandian.pipelines import reads_of, train_bundle
from guandian.pipelines.bundling import ALIKE
from guandian.tracking.events import ignore
from guandian.tracking.run_folder import UNCHECKED

WORDS = """
[statements]
zh = ["屏幕好", "质量差"]
[[swaps]]
kind = "name"
language = "zh"
sets = [["好", "差"]]
frames = ["{}，"]
"""


@pytest.mark.slow
def test_a_bundle_that_moves_more_than_stated_is_refused(tmp_path: Path) -> None:
    for name, records in (("train", LEARNED), ("dev", UNSEEN)):
        write_asqp(records, tmp_path / "data" / "asqp_zh-FoodBeverage" / f"{name}.txt")
    write_base(tmp_path / "models" / "tiny-bert")
    (tmp_path / "words.toml").write_text(WORDS, "utf-8")
    folder = tmp_path / "run"
    asked = recipe(optimisation={"epochs": 3, "learning_rate": 4e-3, "batch_tokens": 400})
    tables = asked.model_dump()
    tables["objective"]["pairing"] = {"weight": 0.1, "terms": "words.toml"}
    gate = {"mean": 0.0, "largest": 0.0, "flips": 0.0, "terms": "words.toml", "frames": 2}
    tables["evaluation"]["alike"] = gate
    strict = type(asked).model_validate(tables)
    assert tmp_path / "words.toml" in reads_of(strict, tmp_path)
    with pytest.raises(GuandianError, match=r"(?s)move farther than allowed.*objective\.pairing"):
        train_bundle(strict, tmp_path, folder, ignore)
    assert not (folder / "bundle").exists()
    rows = json.loads((folder / UNCHECKED / ALIKE).read_text("utf-8"))
    assert rows[-1]["kind"] == "all" and rows[-1]["pairs"] > 0
    tables["evaluation"]["alike"] = gate | {"mean": 1.0, "largest": 1.0, "flips": 1.0}
    bundle = train_bundle(type(asked).model_validate(tables), tmp_path, folder, ignore)
    assert ALIKE in bundle.manifest.files


def test_a_kind_without_words_is_refused_before_any_training(tmp_path: Path) -> None:
    tables = recipe().model_dump()
    tables["objective"]["pairing"] = {"kinds": ["trade"]}
    write_base(tmp_path / "models" / "tiny-bert")
    with pytest.raises(GuandianError, match="no words of a kind 'trade'"):
        train_bundle(type(recipe()).model_validate(tables), tmp_path, tmp_path / "run", ignore)
