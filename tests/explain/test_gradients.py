"""Integrated gradients: of the shipped network, from its mask, adding up to the whole."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from guandian.cli.main import app
from guandian.domain import Review
from guandian.errors import GuandianError
from guandian.explain.explainer import Explainer
from guandian.explain.explanation import ReviewExplanation
from guandian.explain.masked_readings import _at_place
from guandian.mining.miner import Miner
from guandian.modeling.text_gradients import TOLERANCE, TextGradients, features_at
from guandian.pipelines import open_miner
from guandian.pipelines.explainers import gradients_of
from guandian.tasks.inference import infer
from guandian.text.windows import Window

TEXT = "屏幕很清晰，但是电池不耐用"


@pytest.fixture(scope="module")
def miner() -> Miner:
    return open_miner(threads=1)


@pytest.fixture(scope="module")
def gradients(miner: Miner) -> TextGradients:
    made = gradients_of(None, miner)
    assert isinstance(made, TextGradients)
    return made


@pytest.fixture(scope="module")
def explanation(miner: Miner, gradients: TextGradients) -> ReviewExplanation:
    return Explainer(miner, "gradients", gradients=gradients).explain(Review("7", TEXT))


def test_effects_add_up_to_what_the_shipped_network_says(explanation: ReviewExplanation) -> None:
    mined = explanation.mined
    lean = mined.sentiment.positive - mined.sentiment.negative
    assert 0 < explanation.gap <= TOLERANCE and len(explanation.opinions) == 2
    for effects, value in [
        (explanation.sentiment, lean),
        *[(entry.confidence, entry.opinion.confidence) for entry in explanation.opinions],
    ]:
        assert effects.value == pytest.approx(value, abs=0.02)  # the weights are rounded alike
        assert sum(effects.by_unit) == pytest.approx(effects.value - effects.base, abs=TOLERANCE)


def test_a_hidden_text_is_that_of_the_other_methods(
    miner: Miner, explanation: ReviewExplanation
) -> None:
    exact = Explainer(miner, "exact").explain(Review("7", TEXT))
    assert exact.units == explanation.units
    assert exact.sentiment.base == pytest.approx(explanation.sentiment.base, abs=0.02)
    praise = explanation.opinions[0].confidence.by_unit
    told = np.corrcoef(praise, exact.opinions[0].confidence.by_unit)
    assert told[0, 1] > 0.4


def test_places_are_read_as_decoding_reads_them(miner: Miner, gradients: TextGradients) -> None:
    reader, spec = miner.reader, miner.labels.spec
    review = Review("1", "味道好，还会再来，就是贵。不推荐")
    prepared = miner.prepare(review)
    assert prepared.encoded is not None
    (findings,) = infer(reader, [prepared.source.cleaned], [prepared.encoded])
    tokens = len(prepared.encoded)
    arrays = reader.forward(reader.ids(prepared.encoded, Window(0, tokens, 0, tokens))[None])
    there = {name: torch.from_numpy(array) for name, array in arrays.items()}
    kinds = set()
    for candidate in findings.candidates[:40]:
        polarity, features = features_at(there, spec, candidate)
        wanted = _at_place(arrays, 0, spec, candidate, 0)
        assert polarity[0].exp().numpy() == pytest.approx(wanted[0], abs=1e-4)
        assert features[0].numpy() == pytest.approx(wanted[1], abs=1e-3)
        kinds.add((candidate.aspect == (0, 0), candidate.clause is None))
    assert len(kinds) > 1


def test_what_has_no_gradients_is_told(
    miner: Miner, gradients: TextGradients, tmp_path: Path
) -> None:
    long = Explainer(miner, "gradients", gradients=gradients)
    with pytest.raises(GuandianError, match="are read at once"):
        long.explain(Review("1", TEXT * 40))
    empty = long.explain(Review("1", ""))
    assert empty.units == () and empty.passes == 0
    out = tmp_path / "why.json"
    command = ["explain", "--text", "屏幕很清晰", "--method", "gradients", "--json", str(out)]
    answer = CliRunner().invoke(app, command)
    assert answer.exit_code == 0 and "effects add up" in answer.output
    (entry,) = json.loads(out.read_text("utf-8"))
    assert entry["method"] == "gradients" and 0 <= entry["gap"] <= TOLERANCE
