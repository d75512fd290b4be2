"""A model between two trainings of a recipe: other categories, a language head, a pattern."""

from __future__ import annotations

from dataclasses import replace

import torch

from guandian.errors import RecipeError
from guandian.modeling.encoders.pretrained import pretrained
from guandian.modeling.heads.mlm_head import LanguageHead, Pattern
from guandian.modeling.model import OpinionModel
from guandian.recipes.recipe import Recipe
from guandian.recipes.sections import GAP, Question
from guandian.tasks.head_spec import POLARITIES, HeadSpec
from guandian.text.pieces import Pieces
from guandian.training.data.dataset import Corpora

LONGEST = 512
"""Pieces that the encoders' positions reach."""


def with_known(gathered: Corpora, known: HeadSpec, *, stage: bool) -> Corpora:
    """The texts of a training with label spaces that a model has already.

    Its categories stay where the texts name none; its declared labels and tags stay through a
    stage, which teaches neither.
    """
    named = any(
        quad.category is not None for record, _ in gathered.train for quad in record.quads or ()
    )
    spec = gathered.spec if named else replace(gathered.spec, categories=known.categories)
    return replace(gathered, spec=replace(known, categories=spec.categories) if stage else spec)


def fitted_to(model: OpinionModel, spec: HeadSpec, seed: int) -> OpinionModel:
    """The model with other label spaces; rows of categories that it knows are kept."""
    if model.spec == spec:
        return model
    torch.manual_seed(seed)
    language = model.language
    model.language = None
    weights = {name: value.numpy() for name, value in model.state_dict().items()}
    fresh = OpinionModel.resume(model.config(), weights, spec)
    fresh.language = language
    return fresh


def equip(model: OpinionModel, recipe: Recipe, question: Question | None, pieces: Pieces) -> None:
    """Give the model the language head that a training needs, and its pattern; or take them away.

    Raises:
        RecipeError: a word of the pattern is more than one piece, texts with it are too long, or
            the model does not look forward from the gap.
    """
    longest = recipe.optimisation.max_tokens
    model.pattern = None if question is None else pattern_of(question, pieces, longest)
    if model.pattern is not None and model.attention == "causal":
        raise RecipeError(
            "a question stands before its text, which a causal model does not see from there",
            'leave base.attention = "causal" out, or the question',
        )
    if model.pattern is None and not recipe.objective.language:
        model.language = None
    elif model.language is None:
        torch.manual_seed(recipe.seed)
        model.language = LanguageHead(pretrained(model.encoder))


def pattern_of(question: Question, pieces: Pieces, longest: int) -> Pattern:
    """A question in pieces.

    Args:
        question: pattern and words.
        pieces: of the base.
        longest: pieces that a text may have besides.

    Raises:
        RecipeError: a word is more than one piece, or texts with the pattern are too long.
    """
    before, _, after = question.text.partition(GAP)
    first = pieces.encode(before).ids.tolist()
    ids = (*first, pieces.mask_id, *pieces.encode(after).ids.tolist())
    if longest + len(ids) > LONGEST:
        raise RecipeError(
            f"optimisation.max_tokens is {longest}, and the question has {len(ids)} pieces",
            f"set it to at most {LONGEST - len(ids)} in that stage",
        )
    words = tuple(
        tuple(_piece(word, pieces) for word in getattr(question, polarity.value))
        for polarity in POLARITIES
    )
    return Pattern(ids, len(first), words)


def _piece(word: str, pieces: Pieces) -> int:
    ids = pieces.encode(word).ids.tolist()
    if len(ids) != 1 or ids[0] == pieces.unk_id:
        raise RecipeError(
            f"question: {word!r} is {len(ids)} pieces of the base's tokenizer"
            if len(ids) != 1
            else f"question: the base's tokenizer does not know {word!r}",
            "name words of one piece; each Chinese character is one",
        )
    return int(ids[0])
