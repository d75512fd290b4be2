"""What to train on what, and how: one small typed file."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from guandian.data.augmentation import Kind
from guandian.errors import RecipeError
from guandian.modeling.method import Full, Method
from guandian.training.heads import Head


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Base(_Closed):
    """The model to start from.

    Attributes:
        model: `guandian-small`, a bundle's folder, a name under the models folder, a folder with
            a transformers encoder, or the id of one in the local Hugging Face cache.
        layers: keep only the lowest so many.
        attention: of a decoder such as Llama or Qwen: `auto` lets its tokens see both ways,
            `causal` only back, as it was pretrained.
    """

    model: str
    attention: Literal["auto", "causal"] = "auto"
    layers: int | None = Field(None, gt=0)


class Part(_Closed):
    """One labelled set that is learned from.

    Attributes:
        corpus: a name of `guandian data list`, or the path of a `.jsonl` file of your own.
        part: which part of a named set.
        most: a sample of so many reviews; all of them when unset.
        longest: leave out texts of more characters.
        balanced: of each group and length as many texts of every sentiment, so that neither tells
            the sentiment; those too many are left out.
        times: how often each text is seen in an epoch.
        leave_out: leave out the group of that name, such as a product category, here and in the
            dev part of the set.
        labelled_by: a model that labels the texts in place of people: `earlier`, that of the stage
            before, or what `distillation.teacher` may name.
        labelled_for: what it labels them for.
        surer: only texts of whose labels it is at least so sure are learned from.
        only: keep the group of that name alone, here and in the dev part of the set.
    """

    corpus: str
    part: str = "train"
    most: int | None = Field(None, gt=0)
    longest: int | None = Field(None, gt=0)
    balanced: bool = False
    times: int = Field(1, ge=1)
    leave_out: str | None = Field(None, min_length=1)
    labelled_by: str | None = Field(None, min_length=1)
    labelled_for: tuple[Literal["opinions", "sentiment"], ...] = ("opinions", "sentiment")
    surer: float = Field(0.9, ge=0.5, lt=1)
    only: str | None = Field(None, min_length=1)


class Fold(_Closed):
    """Every set cut into parts of equal size, all but one of which are learned from.

    Attributes:
        of: how many; equal texts stay in one of them.
        leave_out: which one is kept from training to fit the confidence on; 1 is the first.
    """

    of: int = Field(ge=2, le=100)
    leave_out: int = Field(ge=1)


class Augmentation(_Closed):
    """Changed copies of the training texts, their spans carried along, seen besides them.

    Attributes:
        kinds: what copies are made by; each by one of them, drawn.
        times: how many copies of a text; they are made once, before the first epoch.
        share: of a text's words (or Han characters) that a copy has changed; one at least.
        lexicon: a file with words of your own that say the same.
        vectors: a text file of word2vec or GloVe for the kind `similar`; unset = the embeddings of
            the base.
    """

    kinds: tuple[Kind, ...] = Field(min_length=1)
    times: int = Field(1, ge=1)
    share: float = Field(0.1, gt=0, le=0.5)
    lexicon: str | None = Field(None, min_length=1)
    vectors: str | None = Field(None, min_length=1)

    @model_validator(mode="after")
    def _vectors_are_read(self) -> Self:
        if self.vectors is not None and "similar" not in self.kinds:
            raise ValueError("vectors are read for the kind `similar` alone, which is not named")
        return self


class Averaging(_Closed):
    """Weights that are scored and kept in place of the latest ones.

    Attributes:
        kind: `none`, `ema` (a running average of every step) or `last` (the mean of the last
            scorings' weights; Izmailov et al. 2018, arXiv:1803.05407).
        decay: of the running average.
        last: of how many scorings the mean is.
    """

    kind: Literal["none", "ema", "last"] = "none"
    decay: float = Field(0.995, gt=0, lt=1)
    last: int = Field(5, gt=0)


class Optimisation(_Closed):
    """How the parameters move.

    Attributes:
        epochs: passes over the data; a part of one is allowed.
        optimiser: `adamw`, `sgd` (with momentum) or `adafactor`.
        learning_rate: the highest, of the encoder.
        head_learning_rate: the highest, of the heads.
        schedule: of the rates after the warm-up: `linear` or `cosine` down to 0, or `constant`.
        weight_decay: of matrices; the rest has none.
        warmup: share of the steps in which the rates rise.
        heads_first: share of the steps in which heads alone learn (Kumar et al. 2022,
            arXiv:2202.10054).
        clip: the largest norm of a gradient.
        batch_tokens: tokens of a batch, padding counted.
        batch_texts: texts of a batch; `batch_tokens` does not count then.
        accumulate: batches whose gradients make one step.
        gradient_checkpointing: compute activations twice rather than keep them: less memory.
        dropout: of encoder and heads; unset = as the base has it.
        averaging: of weights.
        max_tokens: the longest window, special tokens included.
        joined: share of the texts with opinions that are read joined to others of their set, as
            the parts of a long review are.
        emoji: share of the texts that get emoji which judge nothing between their clauses.
        precision: `auto` computes in bf16 where the hardware does, else in fp32.
    """

    epochs: float = Field(3.0, gt=0)
    optimiser: Literal["adamw", "sgd", "adafactor"] = "adamw"
    learning_rate: float = Field(3e-4, gt=0)
    head_learning_rate: float = Field(1e-3, gt=0)
    schedule: Literal["linear", "cosine", "constant"] = "linear"
    weight_decay: float = Field(0.01, ge=0)
    warmup: float = Field(0.06, ge=0, lt=1)
    heads_first: float = Field(0.0, ge=0, lt=1)
    clip: float = Field(1.0, gt=0)
    batch_tokens: int = Field(1600, gt=0)
    batch_texts: int | None = Field(None, gt=0)
    accumulate: int = Field(1, gt=0)
    gradient_checkpointing: bool = False
    dropout: float | None = Field(None, ge=0, lt=1)
    averaging: Averaging = Averaging()
    max_tokens: int = Field(224, gt=8, le=512)
    joined: float = Field(0.0, ge=0, le=1)
    emoji: float = Field(0.0, ge=0, le=1)
    precision: Literal["auto", "fp32", "bf16", "fp16"] = "auto"


class Weights(_Closed):
    """What each head's loss counts for."""

    spans: float = Field(1.0, ge=0)
    pairs: float = Field(1.0, ge=0)
    category: float = Field(1.0, ge=0)
    polarity: float = Field(1.0, ge=0)
    implicit: float = Field(1.0, ge=0)
    sentiment: float = Field(1.0, ge=0)
    tags: float = Field(1.0, ge=0)


class Adversary(_Closed):
    """Embeddings moved to where the loss grows, learned from besides.

    Attributes:
        kind: `fgm`, one move, or `pgd`, several small ones.
        size: the longest move of a text's embeddings (Euclidean, over all its tokens).
        stride: of one small move.
        steps: how many small ones.
    """

    kind: Literal["fgm", "pgd"]
    size: float = Field(1.0, gt=0)
    stride: float = Field(0.3, gt=0)
    steps: int = Field(3, gt=0)


class Objective(_Closed):
    """What is made small besides or in place of plain cross entropy.

    Attributes:
        label_smoothing: share of the truth that is spread over all classes.
        focal: how much sure answers count for less (Lin et al. 2017, arXiv:1708.02002); 0 = not.
        class_weights: rare classes count for more, by the inverse of their frequency.
        r_drop: what two passes' answers with different dropout cost for differing (Liang et al.
            2021, arXiv:2106.14448).
        contrastive: what states of one class cost for being apart (Khosla et al. 2020,
            arXiv:2004.11362).
        temperature: of that.
        adversary: texts made harder, if any.
        language: what wrong guesses of masked pieces cost, of all texts, labelled or not (Devlin
            et al. 2018, arXiv:1810.04805).
        consistency: what answers to unlabelled texts cost for changing when pieces are masked
            (Sohn et al. 2020, arXiv:2001.07685).
        masked: share of the pieces that both of them mask.
        surer: the consistency counts only answers that are at least so sure.
    """

    label_smoothing: float = Field(0.0, ge=0, lt=1)
    focal: float = Field(0.0, ge=0)
    class_weights: bool = False
    r_drop: float = Field(0.0, ge=0)
    contrastive: float = Field(0.0, ge=0)
    temperature: float = Field(0.1, gt=0)
    adversary: Adversary | None = None
    language: float = Field(0.0, ge=0)
    consistency: float = Field(0.0, ge=0)
    masked: float = Field(0.15, gt=0, lt=1)
    surer: float = Field(0.9, ge=0.5, lt=1)


class Question(_Closed):
    """A pattern before each text; words at its gap answer for a sentiment.

    Pattern-exploiting training of Schick and Schütze 2021 (arXiv:2001.07676).

    Attributes:
        text: with one `{mask}`, such as `很{mask}，`.
        negative, neutral, positive: words of one piece each.
    """

    text: str
    negative: tuple[str, ...] = Field(min_length=1)
    neutral: tuple[str, ...] = ()
    positive: tuple[str, ...] = Field(min_length=1)


class Distillation(_Closed):
    """A model to imitate, besides learning from the labels.

    Attributes:
        teacher: `guandian-small`, a bundle's or an ensemble's folder, a name under the models
            folder, or a list of such; with the same categories and tokenizer, of any size. The
            mean of their logits is imitated.
        weight: what imitating it counts for.
    """

    teacher: str | Annotated[tuple[str, ...], Field(min_length=1)]
    weight: float = Field(1.0, gt=0)


class Evaluation(_Closed):
    """How often to score which dev parts, and when to give up.

    Attributes:
        corpora: names of sets with a dev part, or paths of your own files; their mean chooses
            the weights that are kept.
        gate: further ones on which the exported bundle is compared with the model.
        most: size of the sample of each that is scored.
        every: steps between two scorings.
        patience: stop after so many scorings without a better one.
    """

    corpora: tuple[str, ...] = ()
    gate: tuple[str, ...] = ()
    most: int = Field(400, gt=0)
    every: int = Field(400, gt=0)
    patience: int = Field(10, gt=0)


EARLIER = "earlier"
"""Names the model of the stage before."""


class Stage(_Closed):
    """A training before the recipe's own, whose weights the next one goes on from.

    What it does not say of `optimisation` is the recipe's, key by key; so are `data`, `weights`
    and `evaluation` where it has none. Method and objective are its own.

    Attributes:
        name: of the stage.
        question: sentiment is asked for by a pattern, not by the head.
        data, weights, method, optimisation, objective, distillation, evaluation: as in a recipe.
    """

    name: str = Field(pattern=r"^[a-z0-9-]+$")
    data: tuple[Part, ...] = Field(min_length=1)
    weights: Weights = Weights()
    method: Method = Full()
    optimisation: Optimisation = Optimisation()
    objective: Objective = Objective()
    question: Question | None = None
    distillation: Distillation | None = None
    evaluation: Evaluation = Evaluation()


class Recipe(_Closed):
    """A training run, whole.

    Attributes:
        version: of this form; 1.
        name: of the bundle.
        release: version of the bundle.
        seed: of samples, splits, order, fresh weights and dropout.
        base: the model to start from.
        data: the sets to learn from.
        categories: `default` maps every set to the default taxonomy, `own` keeps the sets' own
            (the default ones where they have none).
        holdout: share of each opinion set kept from training to fit the confidence on.
        fold: keep one of several folds of every set from training besides.
        augmentation: changed copies to learn from besides, if any.
        weights: what each head's loss counts for.
        heads: labels of whole reviews to learn besides.
        tags: what finds entities: `grid` scores every span, and finds overlapping ones; `crf` tags
            tokens by a linear-chain CRF.
        exclude_restricted: leave out the sets whose licence restricts use.
        method: which parameters learn, and which are added.
        optimisation: how they move.
        objective: what is made small.
        distillation: whom it learns from besides the labels, if anyone.
        evaluation: how it is watched.
        stages: what is trained before, in order.
    """

    version: Literal[1] = 1
    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    release: str = "1.0.0"
    seed: int = Field(1, ge=0, lt=2**31)
    base: Base
    data: tuple[Part, ...] = Field(min_length=1)
    categories: Literal["default", "own"] = "default"
    holdout: float = Field(0.03, ge=0, lt=0.5)
    fold: Fold | None = None
    augmentation: Augmentation | None = None
    weights: Weights = Weights()
    heads: tuple[Head, ...] = ()
    tags: Literal["grid", "crf"] = "grid"
    exclude_restricted: bool = False
    method: Method = Full()
    optimisation: Optimisation = Optimisation()
    objective: Objective = Objective()
    distillation: Distillation | None = None
    evaluation: Evaluation = Evaluation()
    stages: tuple[Stage, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _inherited(cls, values: Any) -> Any:
        """Give the stages what they do not say."""
        if not isinstance(values, dict) or not isinstance(values.get("stages"), list | tuple):
            return values
        kept = {key: values[key] for key in _INHERITED if key in values}
        own = values.get("optimisation", {})
        return values | {"stages": [_stage(stage, kept, own) for stage in values["stages"]]}

    def at(self, stage: Stage) -> Recipe:
        """The recipe of a stage."""
        shared = {key: getattr(stage, key) for key in Stage.model_fields if key in _STAGED}
        return self.model_copy(
            update={**shared, "stages": (), "augmentation": None, "heads": (), "tags": "grid"}
        )

    def teachers(self) -> tuple[str, ...]:
        """Names of the models to imitate."""
        named = self.distillation.teacher if self.distillation else ()
        return (named,) if isinstance(named, str) else named

    def models(self) -> list[str]:
        """Names of the other models that its trainings ask, which must be there."""
        trainings = (self, *map(self.at, self.stages))
        labellers = [part.labelled_by for one in trainings for part in one.data]
        teachers = [name for one in trainings for name in one.teachers()]
        return [name for name in (*labellers, *teachers) if name not in (None, EARLIER)]


def _stage(stage: Any, kept: dict[str, Any], optimisation: Any) -> Any:
    """A stage's plain values with what it inherits."""
    if not isinstance(stage, dict):
        return stage
    own = stage.get("optimisation", {})
    both = optimisation | own if isinstance(optimisation, dict) and isinstance(own, dict) else own
    return kept | stage | {"optimisation": both}


_INHERITED = ("data", "weights", "evaluation")
_STAGED = set(Recipe.model_fields) - {"name"}


def load_recipe(path: Path, overrides: tuple[str, ...] = ()) -> Recipe:
    """A recipe file with `key.key=value` overrides applied.

    Raises:
        RecipeError: no such file, not TOML, an unknown key (the known ones are listed), a
            wrong value.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        beside = ", ".join(sorted(p.name for p in path.parent.glob("*.toml"))) or "none"
        raise RecipeError(f"no recipe at {path}", f"recipes in that folder: {beside}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path} is not a TOML file: {error}", "repair that line") from error
    for override in overrides:
        _override(values, override)
    return parse_recipe(values, str(path))


def parse_recipe(values: dict[str, Any], source: str = "recipe") -> Recipe:
    """A recipe from plain values; `source` names it in errors."""
    try:
        recipe = Recipe.model_validate(values)
    except ValidationError as error:
        # A misspelt key is also a missing one: name what stands there first.
        first = min(error.errors(), key=lambda found: found["type"] != "extra_forbidden")
        place = ".".join(str(part) for part in first["loc"])
        if first["type"] == "missing":
            raise RecipeError(f"{source}: {place} is missing", "give it a value") from error
        if first["type"] in ("union_tag_invalid", "union_tag_not_found"):
            raise RecipeError(
                f"{source}: {place}.kind is {first['input'].get('kind', 'missing')!r}",
                f"known: {', '.join(sorted(_kinds(place)))}",
            ) from error
        if first["type"] == "extra_forbidden":
            known = ", ".join(_known(first["loc"][:-1]))
            problem = f"{source}: unknown key {place!r}"
            raise RecipeError(problem, f"known there: {known}") from error
        if first["type"] == "value_error":
            raise RecipeError(f"{source}: {place}: {first['ctx']['error']}", "change it") from error
        raise RecipeError(
            f"{source}: {place}: {first['msg']} (found {first['input']!r})", "change that value"
        ) from error
    _refuse_together(recipe, source)
    _refuse_empty_parts(recipe, source)
    names = [head.name for head in recipe.heads]
    if twice := [name for name in names if names.count(name) > 1]:
        raise RecipeError(f"{source}: two heads are called {twice[0]!r}", "rename one of them")
    return recipe


def _refuse_together(recipe: Recipe, source: str) -> None:
    """Refuse what cannot stand together in one training."""
    for k, one in enumerate([*map(recipe.at, recipe.stages), recipe]):
        place = source if one is recipe else f"{source}: stages.{k}"
        asked = one.objective
        moved = {
            "adversary": asked.adversary is not None,
            "language": asked.language > 0,
            "consistency": asked.consistency > 0,
        }
        for key in (key for key, there in moved.items() if there and one.method.kind == "frozen"):
            raise RecipeError(
                f"{place}: objective.{key} changes what frozen layers read, whose states are "
                "computed once",
                f"choose another method.kind, or leave objective.{key} out",
            )
        if k == 0 and any(part.labelled_by == EARLIER for part in one.data):
            raise RecipeError(
                f"{place}: no stage before this training could label texts",
                "name a model with labelled_by, or put a [[stages]] before it",
            )


def _refuse_empty_parts(recipe: Recipe, source: str) -> None:
    fold = recipe.fold
    if fold is not None and fold.leave_out > fold.of:
        raise RecipeError(
            f"{source}: fold.leave_out is {fold.leave_out}, but there are {fold.of} folds",
            f"choose 1 to {fold.of}",
        )
    for place, part in enumerate(recipe.data):
        if part.only is not None and part.leave_out is not None:
            raise RecipeError(
                f"{source}: data.{place} has both `only` and `leave_out`", "say one of them"
            )


def tables(model: type[BaseModel] = Recipe, prefix: str = "") -> dict[str, type[BaseModel]]:
    """The recipe's tables by the dotted place of their keys, `` for the outermost.

    A table that comes in kinds stands there once a kind, such as `method.lora.`.
    """
    found = {prefix: model}
    for name, field in model.model_fields.items():
        inner = list(_models(field.annotation))
        for one in inner:
            kind: Any = one.model_fields["kind"].annotation if len(inner) > 1 else None
            own = f"{get_args(kind)[0]}." if len(inner) > 1 else ""
            found |= tables(one, f"{prefix}{name}.{own}")
    return found


def _kinds(place: str) -> set[str]:
    within = f"{place}."
    return {name[len(within) : -1] for name in tables() if name.startswith(within)}


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models within a type such as a union or a tuple of them."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)


def _known(place: tuple[int | str, ...]) -> list[str]:
    dotted = "".join(f"{part}." for part in place if isinstance(part, str))
    return sorted(tables()[dotted].model_fields)


def _override(values: dict[str, Any], override: str) -> None:
    key, equals, text = override.partition("=")
    if not equals:
        raise RecipeError(f"--set takes key=value, got {override!r}", "e.g. --set seed=2")
    *parents, last = key.strip().split(".")
    table: Any = values
    for parent in parents:
        if isinstance(table, list):
            table = table[_place(table, parent, key)]
        else:
            table = table.setdefault(parent, {})
        if not isinstance(table, dict | list):
            raise RecipeError(f"--set {key}: {parent!r} is not a table of the recipe")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text
    table[_place(table, last, key) if isinstance(table, list) else last] = value


def _place(rows: list[Any], named: str, key: str) -> int:
    """The place in a list such as `data` that a part of a key names."""
    if named.isdecimal() and int(named) < len(rows):
        return int(named)
    raise RecipeError(
        f"--set {key}: {named!r} is no place in a list of {len(rows)}", "0 is the first"
    )
