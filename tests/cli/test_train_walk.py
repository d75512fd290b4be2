"""The way from the command to the first loss, which a reader has to follow."""

from __future__ import annotations

import sys
from pathlib import Path
from types import FrameType

import pytest
from tests.tiny_base import reviews, write_base

import guandian
from guandian.cli import main as cli
from guandian.data import write_own
from guandian.training.losses.loss import SupervisedLoss

RECIPE = """
name = "own"
categories = "own"
holdout = 0.0
data = [{ corpus = "train.jsonl" }]
base = { model = "tiny-bert", layers = 1 }
optimisation = { epochs = 1, batch_texts = 4 }
"""
PACKAGE = Path(guandian.__file__).parent


def test_a_recipe_reaches_its_loss_by_six_calls_in_five_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_own(reviews()[:4], tmp_path / "train.jsonl")
    (tmp_path / "own.toml").write_text(RECIPE, encoding="utf-8")
    write_base(tmp_path / "models" / "tiny-bert")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["guandian", "train", "own.toml"])
    walk: list[tuple[str, str]] = []

    def note(frame: FrameType, event: str, _: object) -> None:
        if event != "call" or frame.f_code is not SupervisedLoss.compute.__code__:
            return
        caller: FrameType | None = frame
        while caller is not None and ("cli/train.py", "train") not in walk:
            path = Path(caller.f_code.co_filename)
            if path.is_relative_to(PACKAGE):
                walk.append((path.relative_to(PACKAGE).as_posix(), caller.f_code.co_name))
            caller = caller.f_back
        raise KeyboardInterrupt  # the first loss is enough

    sys.setprofile(note)
    try:
        with pytest.raises(SystemExit, match="130"):
            cli.main()
    finally:
        sys.setprofile(None)
    assert "interrupted before the first step" in capsys.readouterr().err
    assert walk[::-1] == [
        ("cli/train.py", "train"),
        ("pipelines/train.py", "train"),
        ("pipelines/train.py", "train_bundle"),
        ("training/loop.py", "train"),
        ("training/step.py", "train_step"),
        ("training/losses/loss.py", "compute"),
    ]
