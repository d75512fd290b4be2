"""Abusive reviews are marked; whatever they complain of stays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from guandian.assets import assets
from guandian.cli.main import app
from guandian.data import read
from guandian.domain import Polarity, Review
from guandian.errors import GuandianError
from guandian.mining.abuse.abuse_detector import AbuseDetector, shipped_detector
from guandian.mining.abuse.abuse_marks import ABUSE, marking
from guandian.pipelines.miners import open_model

LABELLED = Path(__file__).parent.parent / "data_files" / "quads_labelled.jsonl"
ABUSIVE = (
    "河南人都是骗子，店主一看就是河南的，屏幕两天就坏了",
    "黑鬼用的东西，臭死了，质量太差",
    "女司机就是蠢，客服也是蠢女人，退货慢",
)
HARSH = (
    "垃圾产品，两天就坏，骗人的商家，差评！",
    "客服态度极差，等了三天没人理，气死我了",
    "屏幕很清晰，但是电池不耐用",
)


def test_marks_are_put_on_insults_and_not_on_complaints() -> None:
    scores = shipped_detector().probabilities([*ABUSIVE, *HARSH])
    assert scores[0] >= 0.5 > scores[len(ABUSIVE) :].max()
    assert scores[: len(ABUSIVE)].min() > scores[len(ABUSIVE) :].max()


def test_a_mark_takes_no_complaint_away() -> None:
    """Recall of real complaints is the same to the last opinion, with marks or without."""
    texts = [record.text for record in read("guandian", LABELLED)] + [*ABUSIVE, *HARSH]
    reviews = [Review(str(k), text) for k, text in enumerate(texts)]
    model = open_model(threads=1)
    before, after = model.miner.mine(reviews), marking(model, 0.0).miner.mine(reviews)
    complaints = 0
    for plain, mark in zip(before, after, strict=True):
        assert (plain.opinions, plain.sentiment) == (mark.opinions, mark.sentiment)
        assert mark.warnings[: len(plain.warnings)] == plain.warnings
        complaints += sum(opinion.polarity is Polarity.NEGATIVE for opinion in mark.opinions)
    assert complaints > 20
    assert sum(ABUSE in mark.warnings for mark in after) > 20  # all that are not in English alone
    assert not any(ABUSE in mark.warnings for mark in marking(model, 1.01).miner.mine(reviews))
    assert marking(model).key != model.key


def test_english_is_not_judged() -> None:
    (mined,) = marking(open_model(threads=1), 0.0).miner.mine([Review("1", "All idiots, so slow")])
    assert ABUSE not in mined.warnings


def test_the_file_tells_where_it_comes_from_and_others_are_refused(tmp_path: Path) -> None:
    file = assets() / "abuse" / "zh.safetensors"
    assert file.stat().st_size < 1_000_000
    detector = AbuseDetector.load(file)
    assert detector.about["licence"] == "Apache-2.0" and "COLD" in detector.about["data"]
    detector.save(tmp_path / "again.safetensors")
    again = AbuseDetector.load(tmp_path / "again.safetensors")
    assert np.array_equal(again.weights, detector.weights) and again.digest == detector.digest
    (tmp_path / "other.safetensors").write_bytes(b"no")
    with pytest.raises(GuandianError, match="detects no abuse"):
        AbuseDetector.load(tmp_path / "other.safetensors")


def test_the_command_marks(capsys: pytest.CaptureFixture[str]) -> None:
    app(["mine", "--text", ABUSIVE[0], "--abuse"], standalone_mode=False)
    said = " ".join(capsys.readouterr().out.split())
    assert "屏幕" in said and ABUSE.partition(";")[0] in said
    with pytest.raises(GuandianError, match="reads them otherwise"):
        app(["mine", "--text", "好", "--evenly", "--precision", "0.8"], standalone_mode=False)
    app(["mine", "--text", ABUSIVE[0]], standalone_mode=False)
    assert ABUSE not in capsys.readouterr().out
