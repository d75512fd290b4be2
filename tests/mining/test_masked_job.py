"""Mining with personal data masked: no file of the job holds any of it, and its spans fit."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from guandian.errors import GuandianError
from guandian.files import read_mined
from guandian.mining.inputs import Inputs
from guandian.mining.job import Job
from guandian.privacy import Masking

from .tiny import TinyMiner, model

HIDDEN = ("13800138000", "王丽华", "11010119900307002X", "京A12345", "13900139000", "小可爱")
ROWS = f"""id,text,user,收货人,备注
1,"😀屏幕很清晰，有事打{HIDDEN[0]}，电池不耐用",{HIDDEN[5]},{HIDDEN[1]},规格：红色
2,"我叫{HIDDEN[1]}，身份证{HIDDEN[2]}，系统卡顿",,,打{HIDDEN[4]}
3,"车{HIDDEN[3]}来取，很划算",,,,too many {HIDDEN[0]}
4,"屏幕很清晰",,,
"""


def job(folder: Path, masking: Masking) -> Job:
    (folder / "in.csv").write_text(ROWS, encoding="utf-8")
    inputs = Inputs((str(folder / "in.csv"),), on_error="skip", masking=masking)
    return Job(inputs, folder / "out.jsonl", model(TinyMiner()), folder / "rejects.jsonl", rows=1)


@pytest.mark.parametrize(
    "masking", [Masking(), Masking("last4"), Masking("pseudonym", b"0123456789abcdef")]
)
def test_nothing_personal_is_written_anywhere(tmp_path: Path, masking: Masking) -> None:
    outcome = job(tmp_path, masking).run()
    assert (outcome.counts.reviews, outcome.counts.rejected) == (3, 1)
    written = "".join(
        path.read_text("utf-8") for path in tmp_path.rglob("*") if path.name not in ("in.csv",)
    )
    assert [value for value in HIDDEN if value in written] == []
    assert "0123456789abcdef" not in written
    assert "规格：红色" in written
    for review, mined in read_mined(tmp_path / "out.jsonl"):
        for opinion in mined.opinions:
            assert opinion.expression is not None
            assert opinion.expression.of(review.text) in ("很清晰", "不耐用", "卡顿", "很划算")


def test_without_masking_all_stays(tmp_path: Path) -> None:
    job(tmp_path, Masking("off")).run()
    text = (tmp_path / "out.jsonl").read_text("utf-8")
    assert all(value in text for value in HIDDEN if value != HIDDEN[3])
    assert "masking" not in json.loads((tmp_path / "out.jsonl.job.json").read_text())["options"]


def test_another_masking_is_another_job(tmp_path: Path) -> None:
    first = job(tmp_path, Masking("pseudonym", b"0123456789abcdef"))
    first.run()
    assert replace(first, mode="resume").run().unchanged
    for masking in (Masking(), Masking("pseudonym", b"another secret of bytes")):
        inputs = replace(first.inputs, masking=masking)
        with pytest.raises(GuandianError, match="not what this command makes"):
            replace(first, mode="resume", inputs=inputs).run()
