"""Examples become a folder that opens without torch and knows what it was not trained on."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.assist.understanding.trained_shop import (
    EXAMPLES,
    HELD_OUT,
    quick_intents,
    tiny_base,
    trained,
)

from guandian.assist.understanding.intents.examples import read_examples, read_labelled
from guandian.assist.understanding.intents.head import distance, surest
from guandian.assist.understanding.intents.intent_folder import HEAD, open_intents
from guandian.cli.main import COMMANDS, load_command
from guandian.errors import BundleError, GuandianError
from guandian.evaluation.metrics.separation import auroc, rejecting
from guandian.pipelines.intents.base_encoder import open_base
from guandian.pipelines.intents.evaluation import evaluate_intents
from guandian.pipelines.intents.head_fitting import fit_head, whiten
from guandian.pipelines.intents.intent_training import (
    IntentSettings,
    token_ids,
    train_intents,
    tune_base,
)
from guandian.training.contrastive.learned_texts import LearnedTexts
from guandian.training.contrastive.tuning import TuningSettings


def blobs(classes: int, each: int, spread: float, seed: int = 0) -> tuple[np.ndarray, list[str]]:
    """Clouds of vectors around corners that are far apart."""
    draw = np.random.default_rng(seed)
    corners = np.eye(16)[:classes] * 4
    rows = [corner + spread * draw.normal(size=(each, 16)) for corner in corners]
    return np.concatenate(rows), [f"i{k}" for k in range(classes) for _ in range(each)]


@pytest.mark.slow
def test_a_tuned_encoder_knows_its_examples_and_beats_chance_on_others() -> None:
    model, rows = open_intents(trained()), read_examples([EXAMPLES])
    own = evaluate_intents(model, rows.texts, rows.intents)
    assert own.accuracy.value > 0.8
    held = read_labelled(HELD_OUT)
    examples = (rows.texts, rows.intents)
    scores = evaluate_intents(
        model, [r.text for r in held], [r.intent for r in held], ["今天天气"], examples
    )
    assert scores.accuracy.value > 3 / 12
    assert scores.control is not None and scores.control.value > 0.5
    assert scores.out_of_scope is not None and 0 <= scores.out_of_scope.auroc <= 1
    json.dumps(scores.to_json())


@pytest.mark.slow
def test_what_was_trained_opens_without_what_learns() -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from guandian.assist.understanding.intents.intent_folder import open_intents\n"
        "model = open_intents(Path(sys.argv[1])); model.encoder.vectors(['退货'])\n"
        "print(sorted({'torch', 'sklearn', 'transformers'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", program, str(trained())]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_head_over_a_tiny_encoder_knows_its_examples_and_beats_chance_on_others() -> None:
    rows, held = read_examples([EXAMPLES]), read_labelled(HELD_OUT)
    own = evaluate_intents(quick_intents(), rows.texts, rows.intents)
    assert own.accuracy.value > 0.9 and own.control is None and own.out_of_scope is None
    texts, gold = [row.text for row in held], [row.intent for row in held]
    scores = evaluate_intents(quick_intents(), [*texts, "x"], [*gold, "never"], ["今天天气"])
    assert scores.accuracy.value > 3 / 12 and scores.unknown == 1
    assert scores.accepted_right.value <= scores.accuracy.value
    with pytest.raises(GuandianError, match="none of the messages has an intent"):
        evaluate_intents(quick_intents(), ["x"], ["never"])


def test_the_same_seed_tunes_the_same_and_tuning_moves_the_vectors() -> None:
    rows = read_examples([EXAMPLES])
    found = []
    for seed in (1, 1, 2):
        base = open_base(str(tiny_base()), Path())
        settings = TuningSettings(epochs=1, rate=1e-3, seed=seed)
        known = tune_base(base, rows.texts, rows.intents, settings)
        assert known is not None and 0 <= known <= 1
        found.append(base.model.vectors(token_ids(base, rows.texts)))
    base = open_base(str(tiny_base()), Path())
    untuned = base.model.vectors(token_ids(base, rows.texts))
    assert (found[0] == found[1]).all()
    assert not np.allclose(found[0], found[2]) and not np.allclose(found[0], untuned)


def test_layers_whose_states_are_kept_answer_as_if_they_were_run() -> None:
    base = open_base(str(tiny_base()), Path())
    ids = token_ids(base, read_examples([EXAMPLES]).texts[:40])
    plain = base.model.vectors(ids)
    with torch.no_grad():
        kept = LearnedTexts(base.model, ids, 6).means(range(40))
    assert np.abs(kept.numpy() - plain).max() < 0.05  # bfloat16 and half precision
    layer = base.model.encoder.encoder.layer  # type: ignore[union-attr]
    assert not layer[0].output.dense.weight.requires_grad  # type: ignore[union-attr, index]
    assert layer[1].output.dense.weight.requires_grad  # type: ignore[union-attr, index]


@pytest.mark.slow
def test_what_stands_there_stays(tmp_path: Path) -> None:
    settings = IntentSettings(base=str(tiny_base()), epochs=1)
    rows = read_examples([EXAMPLES])
    with pytest.raises(BundleError, match="already exists"):
        train_intents(rows, trained(), settings)
    (tmp_path / "other").mkdir()
    with pytest.raises(BundleError, match="holds no trained intents: it stays"):
        train_intents(rows, tmp_path / "other", settings, overwrite=True)


@pytest.mark.slow
def test_an_altered_folder_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "intents"
    shutil.copytree(trained(), folder)
    with (folder / HEAD).open("r+b") as file:
        file.seek(-4, 2)
        file.write(b"\1\2\3\4")
    with pytest.raises(BundleError, match="was altered"):
        open_intents(folder)
    from guandian.bundle import shipped

    with pytest.raises(BundleError, match="which has no intents"):
        open_intents(shipped())
    with pytest.raises(BundleError, match="no bundle at"):
        open_intents(tmp_path / "nowhere")


def test_a_missing_encoder_names_where_it_was_looked_for(tmp_path: Path) -> None:
    settings = IntentSettings(base="no-such-encoder", root=tmp_path)
    with pytest.raises(GuandianError, match=r"no encoder 'no-such-encoder'.*models"):
        train_intents(read_examples([EXAMPLES]), tmp_path / "out", settings)


def test_clouds_apart_are_told_and_a_far_one_is_not_near() -> None:
    vectors, intents = blobs(5, 10, 0.3)
    draw = np.random.default_rng(1)
    far = np.eye(16)[10:14].repeat(10, 0) * 4 + 0.3 * draw.normal(size=(40, 16))
    fitted = fit_head(vectors, intents, far)
    fresh, labels = blobs(5, 20, 0.3, seed=7)
    chances = fitted.head.probabilities(fresh)
    assert chances.sum(1) == pytest.approx(np.ones(100))
    told = np.array(fitted.head.names)[chances.argmax(1)]
    assert (told == np.array(labels)).all() and fitted.accuracy == 1.0
    inside, outside = fitted.head.nearness(fresh), fitted.head.nearness(far)
    assert auroc(inside, outside) > 0.99
    assert (outside < fitted.head.threshold).mean() >= 0.9
    assert (inside >= fitted.head.threshold).mean() >= 0.9


def test_a_background_that_is_what_was_trained_does_not_shut_it_out() -> None:
    vectors, intents = blobs(5, 10, 0.3)
    fitted = fit_head(vectors, intents, blobs(5, 40, 0.3, seed=3)[0])
    fresh, _ = blobs(5, 40, 0.3, seed=9)
    assert (fitted.head.nearness(fresh) >= fitted.head.threshold).mean() > 0.9


@pytest.mark.parametrize("each", [1, 2])
def test_one_or_two_examples_of_an_intent_are_enough_to_begin(each: int) -> None:
    vectors, intents = blobs(4, each, 0.1)
    fitted = fit_head(vectors, intents, np.zeros((0, 16)))
    assert (fitted.accuracy is None) == (each == 1)
    told = fitted.head.probabilities(vectors).argmax(1)
    assert [fitted.head.names[k] for k in told] == intents
    assert fitted.head.temperature > 0


def test_whitening_makes_the_spread_within_alike() -> None:
    draw = np.random.default_rng(0)
    labels = np.arange(2000) % 4
    vectors = np.eye(8)[labels] + draw.normal(size=(2000, 8)) * np.array([3, 1, 1, 1, 1, 1, 1, 0.2])
    white = vectors @ whiten(vectors, labels)
    within = np.concatenate([white[labels == k] - white[labels == k].mean(0) for k in range(4)])
    before = np.concatenate([vectors[labels == k] - vectors[labels == k].mean(0) for k in range(4)])
    ratio = within.std(0).max() / within.std(0).min()
    assert ratio < 0.4 * before.std(0).max() / before.std(0).min()


def test_distance_is_to_the_nearest_mean_and_the_surest_is_a_probability() -> None:
    means = np.array([[0.0, 0.0], [3.0, 4.0]])
    assert distance(np.array([[0.0, 1.0], [3.0, 4.0]]), means) == pytest.approx([1.0, 0.0])
    assert np.exp(surest(np.array([[0.0, 0.0], [9.0, 0.0]]))) == pytest.approx(
        [0.5, 0.99988], abs=1e-4
    )


def test_separation_counts_ties_half() -> None:
    assert auroc([2, 3], [1, 0]) == 1.0
    assert auroc([1, 1], [1, 1]) == 0.5
    assert auroc([0], [1]) == 0.0
    assert rejecting(np.arange(101), 0.95) == 95
    with pytest.raises(ValueError, match="nothing to tell apart"):
        auroc([], [1])


@pytest.mark.slow
def test_the_commands_score_and_understand(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = load_command("assist", COMMANDS["assist"]).main
    out, figures = trained(), tmp_path / "figures.json"
    run(
        ["evaluate", "--intents", str(HELD_OUT), "--model", str(out), "--examples", str(EXAMPLES),
         "--json-out", str(figures)],
        standalone_mode=False,
    )  # fmt: skip
    assert "n=48" in capsys.readouterr().out
    assert json.loads(figures.read_text())["accuracy"]["number"] == 48
    run(["understand", "--json", "--model", str(out), "退货 13812345678"], standalone_mode=False)
    told = json.loads(capsys.readouterr().out)
    assert "13812345678" not in json.dumps(told) and told["slots"][0]["name"] == "mobile"
    assert told["intent"]["name"] and len(told["candidates"]) == 3
    run(["understand", "--model", str(out), "where is my order", "😀"], standalone_mode=False)
    assert "nothing to read" in capsys.readouterr().out
    for words in (["train"], ["evaluate"]):
        with pytest.raises(GuandianError, match="was named"):
            run(words, standalone_mode=False)
