"""`mine --restore`: disguised words are read as they were meant, and told where they stand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from guandian.cli.main import app
from guandian.domain import Polarity, Review
from guandian.errors import GuandianError
from guandian.mining.caution.promises import Caution, CautiousMiner
from guandian.pipelines import open_model
from guandian.pipelines.engines.answer_settings import AnswerSettings, restored

DISGUISED = "味道很女子吃，态度嚎，都📦煎糊了"


def test_disguised_words_are_read_and_told_where_they_stand() -> None:
    plain = open_model(threads=1)
    model = AnswerSettings(restore=True, evenly=True).of(plain)
    (mined,) = restored(plain).miner.mine([Review("1", DISGUISED)])
    said = {o.expression.of(DISGUISED): o.polarity for o in mined.opinions if o.expression}
    assert said["很女子吃"] is Polarity.POSITIVE and said["嚎"] is Polarity.POSITIVE
    assert mined.model == plain.id and restored(plain).rates is None
    assert len({plain.key, model.key, restored(plain).key}) == 3
    (both,) = model.miner.mine([Review("1", DISGUISED)])
    assert [(o.expression, o.confidence) for o in both.opinions] == [
        (o.expression, o.confidence) for o in mined.opinions
    ]
    other = replace(plain, open=lambda: CautiousMiner(plain.miner, Caution()))
    with pytest.raises(GuandianError, match="shown reviews as they are"):
        restored(other).miner  # noqa: B018


def test_the_command_restores(capsys: pytest.CaptureFixture[str]) -> None:
    app(["mine", "--text", DISGUISED, "--restore"], standalone_mode=False)
    assert "味道很好吃" in capsys.readouterr().out.replace(" ", "")
    with pytest.raises(GuandianError, match="--restore reads them otherwise"):
        app(["mine", "--text", "好", "--restore", "--precision", "0.8"], standalone_mode=False)
