"""What texts without labels teach, and what patterns ask."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.tiny_base import model, pieces
from tests.training.fixtures import SPEC, prepared, recipe, started

from guandian.domain import Entity, Labelled, Span
from guandian.errors import RecipeError
from guandian.modeling.heads.mlm_head import NEVER, LanguageHead, Pattern, masked
from guandian.modeling.model import OpinionModel
from guandian.recipes.recipe import Recipe
from guandian.recipes.sections import Question
from guandian.tasks.targets import Annotated, annotate
from guandian.training.data.batches import Batch, collate
from guandian.training.step import TrainState, train_step
from guandian.training.transitions import equip, fitted_to, pattern_of

EXAMPLES = prepared(False).examples
PIECES = pieces()
RATES = {"precision": "fp32", "learning_rate": 3e-3, "head_learning_rate": 3e-3}


def bare(example: Annotated) -> Annotated:
    """The text without what people said of it."""
    known = tuple(False for _ in example.known)
    return replace(example, spans=(), known=known, readings=None, implicit=False, sentiment=-1)


def batch(examples: list[Annotated]) -> Batch:
    return collate(examples, SPEC, PIECES.pad_id, range(len(examples)))


def learner(
    network: OpinionModel, wanted: Recipe, examples: list[Annotated], folder: Path
) -> TrainState:
    return TrainState(wanted, started(network, examples), 60, folder)


@pytest.mark.parametrize("kind", ["full", "lora", "adapter", "prefix"])
def test_the_language_head_learns_pieces_from_texts_without_labels(
    kind: str, tmp_path: Path
) -> None:
    network = model(SPEC)
    quick = RATES | {"learning_rate": 1e-2, "head_learning_rate": 1e-2}
    wanted = recipe(objective={"language": 1.0}, optimisation=quick, method={"kind": kind})
    equip(network, wanted, None, PIECES)
    texts = [bare(example) for example in EXAMPLES[:3]]
    with learner(network, wanted, texts, tmp_path) as one:
        costs = [train_step(one, [batch(texts)], 10 + k)["language"] for k in range(30)]
    assert np.mean(costs[-5:]) < 0.97 * costs[0]


def test_masking_asks_only_where_it_was_told_to() -> None:
    torch.manual_seed(1)
    ids = torch.randint(4, 90, (50, 40))
    asked = torch.rand(ids.shape) < 0.5
    found = masked(ids, asked, 3, 90)
    assert torch.equal(found[~asked], ids[~asked])
    share = (found[asked] == 3).float().mean()
    assert 0.75 < share < 0.85
    assert 0.08 < (found[asked] == ids[asked]).float().mean() < 0.15


def test_labels_are_learned_beside_masked_pieces(tmp_path: Path) -> None:
    network = model(SPEC)
    wanted = recipe(objective={"language": 0.5}, optimisation=RATES)
    equip(network, wanted, None, PIECES)
    some = [EXAMPLES[0], bare(EXAMPLES[1])]
    with learner(network, wanted, some, tmp_path) as one:
        parts = train_step(one, [batch(some)], 10)
        alone = train_step(one, [batch(some[1:])], 11)
    assert {"spans", "language"} <= set(parts)
    assert set(alone) == {"language"}


def test_consistency_counts_only_sure_answers_of_heads_that_are_taught(tmp_path: Path) -> None:
    sentiment = [
        replace(bare(example), sentiment=2 * (k % 2)) for k, example in enumerate(EXAMPLES)
    ]
    unlabelled = [bare(example) for example in EXAMPLES[:4]]
    for surer, texts, wanted in (
        (0.5, unlabelled, True),
        (0.99999, unlabelled, False),
        (0.5, sentiment[:4], False),
    ):
        asked = recipe(objective={"consistency": 1.0, "surer": surer}, optimisation=RATES)
        network = model(SPEC)
        with torch.no_grad():
            network.heads.sentiment.bias[2] = 3.0
        with learner(network, asked, [*sentiment, *unlabelled], tmp_path) as one:
            assert bool(train_step(one, [batch(texts)], 10).get("consistency")) == wanted


def test_a_sure_model_learns_to_answer_alike_when_pieces_are_masked(tmp_path: Path) -> None:
    settings = {"consistency": 1.0, "surer": 0.5, "masked": 0.4}
    asked = recipe(objective=settings, optimisation=RATES | {"dropout": 0.0})
    texts = [bare(example) for example in EXAMPLES[:8]]
    with learner(model(SPEC), asked, [*EXAMPLES, *texts], tmp_path) as one:
        costs = [train_step(one, [batch(texts)], 10 + k)["consistency"] for k in range(20)]
    assert costs[-1] < 0.8 * costs[0]


def test_heads_learn_first_where_that_is_asked(tmp_path: Path) -> None:
    network = model(SPEC)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    asked = recipe(optimisation=RATES | {"heads_first": 0.5})
    with learner(network, asked, list(EXAMPLES), tmp_path) as one:
        train_step(one, [batch(list(EXAMPLES[:8]))], 29)
        moved = {n for n, v in network.state_dict().items() if not torch.equal(v, before[n])}
        assert moved
        assert all(name.startswith("heads.") for name in moved)
        train_step(one, [batch(list(EXAMPLES[:8]))], 30)
    assert any(
        not torch.equal(v, before[n])
        for n, v in network.state_dict().items()
        if n.startswith("encoder.")
    )


def asking() -> OpinionModel:
    network = model(SPEC)
    network.language = LanguageHead(network.encoder)
    network.pattern = Pattern((7, 3, 9), 1, ((11, 12), (), (13,)))
    return network.eval()


def test_a_pattern_answers_for_sentiment_and_leaves_the_places_of_the_text() -> None:
    network = asking()
    ids = torch.tensor([[0, 9, 30, 12, 40, 2], [0, 7, 7, 2, 1, 1]])
    mask = (ids != 1).long()
    with torch.inference_mode():
        found = network(ids, mask)
        alone = network(ids[1:, :4])
        hidden = network.encoder(torch.tensor([[0, 7, 3, 9, 7, 7, 2]])).last_hidden_state
        assert network.language is not None
        scores = network.language(hidden[:, 2], network.encoder.get_input_embeddings().weight)
    assert found["spans"].shape[-2:] == (6, 6)
    wanted = [scores[0, [11, 12]].mean(), NEVER, scores[0, 13]]
    assert alone["sentiment"][0].tolist() == pytest.approx([float(x) for x in wanted], abs=1e-5)
    for name, value in alone.items():
        row = found[name][1:]
        part = row[..., :4, :4] if name in ("spans", "pairs") else row[:, :4]
        torch.testing.assert_close(row if name == "sentiment" else part, value, atol=1e-5, rtol=0)


def test_pattern_exploiting_training_learns_sentiment(tmp_path: Path) -> None:
    network = model(SPEC)
    wanted = recipe(optimisation=RATES)
    word = {"negative": ("差",), "positive": ("好",)}
    equip(network, wanted, Question(text="很{mask}。", **word), PIECES)
    texts = [
        replace(bare(example), sentiment=2 * (k % 2)) for k, example in enumerate(EXAMPLES[:8])
    ]
    with learner(network, wanted, texts, tmp_path) as one:
        costs = [train_step(one, [batch(texts)], 10 + k)["sentiment"] for k in range(20)]
    assert costs[-1] < 0.5 * costs[0]


def test_a_pattern_is_read_in_pieces_of_the_base() -> None:
    words = {"negative": ("差",), "positive": ("好", "值")}
    found = pattern_of(Question(text="很{mask}，", **words), PIECES, 100)
    assert found.ids[found.gap] == PIECES.mask_id
    assert len(found.ids) == 3
    assert [len(ids) for ids in found.words] == [1, 0, 2]


@pytest.mark.parametrize(
    ("word", "told"), [("满意", "'满意' is 2 pieces"), ("🦄", "does not know '🦄'")]
)
def test_words_of_a_question_are_pieces(word: str, told: str) -> None:
    with pytest.raises(RecipeError, match=told):
        pattern_of(Question(text="很{mask}", negative=("差",), positive=(word,)), PIECES, 100)


def test_questions_that_a_model_cannot_answer_are_refused() -> None:
    words = {"negative": ("差",), "positive": ("好",)}
    question = Question(text="很{mask}，", **words)
    long = recipe(optimisation={"max_tokens": 510})
    with pytest.raises(RecipeError, match=r"510, and the question has 3 pieces\n.*at most 509"):
        equip(model(SPEC), long, question, PIECES)
    backwards = model(SPEC)
    backwards.attention = "causal"
    with pytest.raises(RecipeError, match="causal model does not see"):
        equip(backwards, recipe(), question, PIECES)


def test_settings_of_one_training_do_not_stay_for_the_next(tmp_path: Path) -> None:
    network = model(SPEC)
    before = [module.p for module in network.modules() if isinstance(module, torch.nn.Dropout)]
    asked = recipe(optimisation=RATES | {"dropout": 0.5, "gradient_checkpointing": True})
    with learner(network, asked, list(EXAMPLES), tmp_path):
        assert network.heads.dropout.p == 0.5
        assert network.encoder.is_activation_checkpointing
    after = [module.p for module in network.modules() if isinstance(module, torch.nn.Dropout)]
    assert after == before
    assert not network.encoder.is_activation_checkpointing


def test_tagged_entities_alone_are_labels(tmp_path: Path) -> None:
    spec = replace(SPEC, span_types=("aspect", "expression"), tag_types=("product",))
    row = Labelled("1", "这款手机😀好", "own", entity_types=("product",), entities=(
        Entity(Span(2, 4), "product", 1.0),))  # fmt: skip
    examples = annotate(row, PIECES, spec)
    wanted = recipe(tags="crf", optimisation=RATES)
    with learner(model(spec), wanted, examples, tmp_path) as one:
        assert "tags" in train_step(one, [collate(examples, spec, PIECES.pad_id, [0])], 10)


def test_a_model_keeps_what_it_knows_when_its_categories_change() -> None:
    network = model(SPEC)
    equip(network, recipe(objective={"language": 1.0}), None, PIECES)
    head = network.language
    renamed = replace(SPEC, categories=(SPEC.categories[1], "another"))
    fresh = fitted_to(network, renamed, 1)
    assert fresh.language is head
    one, two = (m.state_dict()["heads.category.bias"].view(2, -1) for m in (network, fresh))
    assert torch.equal(one[:, 1], two[:, 0])
    same = (k for k in network.state_dict() if k.startswith("encoder."))
    assert all(torch.equal(network.state_dict()[k], fresh.state_dict()[k]) for k in same)
    assert fitted_to(fresh, renamed, 1) is fresh
