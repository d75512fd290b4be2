"""How a language model is fine-tuned, and on what: a recipe of another kind, as typed.

A file with the key `task` is one (docs/decisions/0024-a-decoder-has-a-recipe-of-its-own.md).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from guandian.errors import RecipeError
from guandian.recipes.methods import Dora, Full, Lora
from guandian.recipes.recipe import Recipe, put, recipe_values, tables
from guandian.recipes.sections import Base, Closed, EvaluationSettings, Name, Part
from guandian.recipes.toml_text import key_value
from guandian.recipes.value_errors import fault

TASK = "task"
"""The key by which such a recipe is known."""


class DecoderBase(Closed):
    """The language model to start from.

    Attributes:
        model: a folder with a transformers decoder and its chat template, a name under the models
            folder, the id of one in the local Hugging Face cache, or a `.gguf` file, whose weights
            are turned back into whole ones.
        bits: 4 keeps the layers' matrices in four bits (Dettmers et al. 2023, arXiv:2305.14314).
    """

    model: str = Field(min_length=1)
    bits: Literal[4] | None = None


class DecoderOptimisation(Closed):
    """How the parameters move.

    Attributes:
        epochs: passes over the data; a part of one is allowed.
        learning_rate: the highest.
        schedule: of the rate after the warm-up: `linear` or `cosine` down to 0, or `constant`.
        weight_decay: of matrices.
        warmup: share of the steps in which the rate rises.
        clip: the largest norm of a gradient.
        batch_tokens: of a row, in which examples are packed behind their common beginning.
        accumulate: rows whose gradients make one step.
        max_tokens: of an example, question and answer; longer ones are left out and counted.
        gradient_checkpointing: compute activations twice rather than keep them: less memory.
        precision: `auto` computes in bf16 where the hardware does, else in fp32.
    """

    epochs: float = Field(1.0, gt=0, le=10_000)
    learning_rate: float = Field(2e-4, gt=0, le=100)
    schedule: Literal["linear", "cosine", "constant"] = "linear"
    weight_decay: float = Field(0.0, ge=0, le=10**6)
    warmup: float = Field(0.06, ge=0, lt=1)
    clip: float = Field(1.0, gt=0, le=10**9)
    batch_tokens: int = Field(2048, gt=0, le=10**6)
    accumulate: int = Field(1, gt=0, le=10**4)
    max_tokens: int = Field(1024, gt=8, le=10**6)
    gradient_checkpointing: bool = False
    precision: Literal["auto", "fp32", "bf16"] = "auto"


class DecoderEvaluation(Closed):
    """How often to score, on what, and when to give up.

    Attributes:
        corpora: of `extraction`: sets with a dev part, or paths of your own files; the mean of
            their quad F1 chooses the weights that are kept.
        share: of `replies`: of the pairs, kept from training to score on.
        most: size of the sample of each that is scored.
        every: steps between two scorings; there is one before the first step.
        patience: stop after so many scorings without a better one.
        max_tokens: of an answer.
    """

    corpora: tuple[str, ...] = ()
    share: float = Field(0.1, ge=0, lt=0.9)
    most: int = Field(40, gt=0, le=10**9)
    every: int = Field(100, gt=0, le=10**9)
    patience: int = Field(5, gt=0, le=10**9)
    max_tokens: int = Field(512, ge=16, le=32_768)


class DecoderRecipe(Closed):
    """A language model's training, whole.

    Attributes:
        version: of this form; 1.
        task: `extraction` trains it to answer the package's question about a review by its
            opinions; `replies` to prefer what people sent over the draft that they changed.
        name: of the run and of the model, in any script.
        seed: of samples, order and fresh weights.
        base: the model to start from.
        data: the sets to learn from; of `replies` files of pairs, as the inbox exports them.
        prompt: the language of the instructions; `review` is that of the review.
        method: which parameters learn: `lora`, `dora` or `full`.
        beta: of `replies`: how dear it is to move away from the base (Rafailov et al. 2023).
        optimisation: how they move.
        evaluation: how it is watched.
    """

    version: Literal[1] = 1
    task: Literal["extraction", "replies"]
    name: Name
    seed: int = Field(1, ge=0, lt=2**31)
    base: DecoderBase
    data: tuple[Part, ...] = Field(min_length=1)
    prompt: Literal["review", "zh", "en"] = "review"
    method: Annotated[Lora | Dora | Full, Field(discriminator="kind")] = Lora(kind="lora")
    beta: float = Field(0.1, gt=0, le=100)
    optimisation: DecoderOptimisation = DecoderOptimisation()
    evaluation: DecoderEvaluation = DecoderEvaluation()

    @model_validator(mode="after")
    def _four_bits_stay(self) -> DecoderRecipe:
        if self.base.bits is not None and self.method.kind == "full":
            raise ValueError("weights of four bits cannot learn: choose method.kind = 'lora'")
        if self.base.bits is not None and self.base.model.endswith(".gguf"):
            raise ValueError("a .gguf file is turned into whole weights: leave base.bits out")
        odd = [part.corpus for part in self.data if part.labelled_by or part.seed_words]
        if odd:
            raise ValueError(f"{odd[0]}: a language model learns from labels of people alone")
        return self

    def texts(self) -> Recipe:
        """The recipe by which the sets of `extraction` are read, as every other training's are."""
        return Recipe(
            name=self.name,
            seed=self.seed,
            base=Base(model=self.base.model),
            data=self.data,
            holdout=0,
            evaluation=EvaluationSettings(corpora=self.evaluation.corpora),
        )


def is_decoder_recipe(path: Path) -> bool:
    """Tell whether a recipe's file is of this kind.

    Raises:
        RecipeError: as `recipe_values`.
    """
    return TASK in recipe_values(path)


def load_decoder_recipe(path: Path, overrides: tuple[str, ...] = ()) -> DecoderRecipe:
    """A recipe file with `key.key=value` overrides applied.

    Raises:
        RecipeError: no such file, not TOML, an unknown key (the known ones are listed), a wrong
            value.
    """
    values = recipe_values(path)
    for override in overrides:
        key, value = key_value(override)
        put(values, key, value, f"--set {key}")
    return parse_decoder_recipe(values, str(path))


def parse_decoder_recipe(values: dict[str, Any], source: str = "recipe") -> DecoderRecipe:
    """A recipe from plain values; `source` names it in errors.

    Raises:
        RecipeError: as `load_decoder_recipe`.
    """
    try:
        recipe = DecoderRecipe.model_validate(values)
    except ValidationError as error:
        raise fault(error, source, tables(DecoderRecipe)) from error
    if recipe.task == "replies":
        odd = [part for part in recipe.data if not part.corpus.endswith(".jsonl")]
        if odd:
            raise RecipeError(
                f"{source}: {odd[0].corpus!r} is no file of pairs",
                "export them from the inbox (docs/assist.md) and name the .jsonl file",
            )
    return recipe
