"""What to train on what, and how: one small typed file."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import BaseModel, Field, ValidationError, model_validator

from guandian.data.corpora import corpora, customs
from guandian.errors import RecipeError, likely, reason
from guandian.io.bounded import read_text
from guandian.recipes.declared_labels import Head
from guandian.recipes.methods import Full, Method
from guandian.recipes.sections import (
    EARLIER,
    AskedNames,
    Augmentation,
    Base,
    Closed,
    Distillation,
    EvaluationSettings,
    Fold,
    Name,
    Objective,
    Optimisation,
    Part,
    Question,
    Weights,
)
from guandian.recipes.toml_text import key_value
from guandian.recipes.value_errors import fault


class Stage(Closed):
    """A training before the recipe's own, whose weights the next one goes on from.

    What it does not say of `optimisation` is the recipe's, key by key; so are `data`, `weights`
    and `evaluation` where it has none. Method and objective are its own.

    Attributes:
        name: of the stage.
        question: sentiment is asked for by a pattern, not by the head.
        data, weights, method, optimisation, objective, distillation, evaluation: as in a recipe.
    """

    name: Name
    data: tuple[Part, ...] = Field(min_length=1)
    weights: Weights = Weights()
    method: Method = Full()
    optimisation: Optimisation = Optimisation()
    objective: Objective = Objective()
    question: Question | None = None
    distillation: Distillation | None = None
    evaluation: EvaluationSettings = EvaluationSettings()


class Recipe(Closed):
    """A training run, whole.

    Attributes:
        version: of this form; 1.
        name: of the bundle, in any script.
        release: version of the bundle.
        seed: of samples, splits, order, fresh weights and dropout.
        base: the model to start from.
        data: the sets to learn from.
        categories: `default` maps every set to the default taxonomy, `own` keeps the sets' own
            (the default ones where they have none).
        customs: of annotation that the model is to tell apart, by the names that the sets carry
            (`corpora.toml`, docs/data.md); the first is the one that the bundle answers by, and
            texts of sets that name none or another are learned by it. Unset = all texts as one.
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
        knowledge: names that have a say in what is an entity, if any.
        evaluation: how it is watched.
        stages: what is trained before, in order.
    """

    version: Literal[1] = 1
    name: Name
    release: str = "1.0.0"
    seed: int = Field(1, ge=0, lt=2**31)
    base: Base
    data: tuple[Part, ...] = Field(min_length=1)
    categories: Literal["default", "own"] = "default"
    customs: tuple[str, ...] = ()
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
    knowledge: AskedNames | None = None
    evaluation: EvaluationSettings = EvaluationSettings()
    stages: tuple[Stage, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _inherited(cls, values: Any) -> Any:
        """Give the stages what they do not say."""
        if not isinstance(values, dict) or not isinstance(values.get("stages"), list | tuple):
            return values
        inherited = {key: values[key] for key in _INHERITED if key in values}
        own = values.get("optimisation", {})
        return values | {"stages": [_stage(stage, inherited, own) for stage in values["stages"]]}

    def at(self, stage: Stage) -> Recipe:
        """The recipe of a stage."""
        shared = {key: getattr(stage, key) for key in Stage.model_fields if key in _STAGED}
        own = {"stages": (), "augmentation": None, "knowledge": None, "heads": (), "tags": "grid"}
        return self.model_copy(update={**shared, **own})

    def teachers(self) -> tuple[str, ...]:
        """Names of the models to imitate."""
        named = self.distillation.teacher if self.distillation else ()
        return (named,) if isinstance(named, str) else named

    def models(self) -> list[str]:
        """Names of the other models that its trainings ask, which must be there."""
        trainings = (self, *map(self.at, self.stages))
        labellers = [part.labelled_by for recipe in trainings for part in recipe.data]
        teachers = [name for recipe in trainings for name in recipe.teachers()]
        return [name for name in (*labellers, *teachers) if name not in (None, EARLIER)]


def _stage(stage: Any, inherited: dict[str, Any], optimisation: Any) -> Any:
    """A stage's plain values with what it inherits."""
    if not isinstance(stage, dict):
        return stage
    own = stage.get("optimisation", {})
    merged = optimisation | own if isinstance(optimisation, dict) and isinstance(own, dict) else own
    return inherited | stage | {"optimisation": merged}


_INHERITED = ("data", "weights", "evaluation")
_STAGED = set(Recipe.model_fields) - {"name"}


def load_recipe(path: Path, overrides: tuple[str, ...] = ()) -> Recipe:
    """A recipe file with `key.key=value` overrides applied.

    Raises:
        RecipeError: no such file, not TOML, an unknown key (the known ones are listed), a
            wrong value.
    """
    values = recipe_values(path)
    if "task" in values:
        raise RecipeError(
            f"{path} is the recipe of a language model, which this does not train",
            f"guandian train {path}",
        )
    for override in overrides:
        _override(values, override)
    return parse_recipe(values, str(path))


def recipe_values(path: Path) -> dict[str, Any]:
    """The plain values of a recipe file.

    Raises:
        RecipeError: no such file, one that cannot be read, or not TOML.
    """
    try:
        return tomllib.loads(read_text(path))
    except FileNotFoundError as error:
        beside = ", ".join(sorted(p.name for p in path.parent.glob("*.toml")))
        raise RecipeError(
            f"no recipe at {path}",
            f"recipes in that folder: {beside}" if beside else "no recipe is in that folder either",
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"{path} is not a TOML file: {error}", "repair that line") from error
    except UnicodeDecodeError as error:
        raise RecipeError(f"{path} cannot be read: {reason(error)}", "save it as UTF-8") from error
    except OSError as error:
        raise RecipeError(f"{path} cannot be read: {error.strerror}", "name a TOML file") from error


def parse_recipe(values: dict[str, Any], source: str = "recipe") -> Recipe:
    """A recipe from plain values; `source` names it in errors."""
    try:
        recipe = Recipe.model_validate(values)
    except ValidationError as error:
        raise fault(error, source, tables()) from error
    _refuse_together(recipe, source)
    _refuse_customs(recipe, source)
    _refuse_empty_parts(recipe, source)
    names = [head.name for head in recipe.heads]
    if twice := [name for name in names if names.count(name) > 1]:
        raise RecipeError(f"{source}: two heads are called {twice[0]!r}", "rename one of them")
    return recipe


def _refuse_together(recipe: Recipe, source: str) -> None:
    """Refuse what cannot stand together in one training."""
    if recipe.knowledge is not None and recipe.tags == "crf":
        raise RecipeError(
            f'{source}: knowledge weighs the scores of spans, which tags = "crf" has none of',
            "leave tags or knowledge out",
        )
    for k, stage in enumerate(recipe.stages):
        if stage.question is not None and stage.method.kind == "frozen":
            raise RecipeError(
                f"{source}: stages.{k}.question changes what frozen layers read, whose states are "
                "computed once",
                "choose another method.kind for that stage, or leave the question out",
            )
    for k, training in enumerate([*map(recipe.at, recipe.stages), recipe]):
        where = source if training is recipe else f"{source}: stages.{k}"
        objective = training.objective
        moved = {
            "objective.adversary": objective.adversary is not None,
            "objective.language": objective.language > 0,
            "objective.consistency": objective.consistency > 0,
            "objective.pairing": objective.pairing is not None,
            "optimisation.word_dropout": training.optimisation.word_dropout > 0,
        }
        for key in (
            key for key, there in moved.items() if there and training.method.kind == "frozen"
        ):
            raise RecipeError(
                f"{where}: {key} changes what frozen layers read, whose states are computed once",
                f"choose another method.kind, or leave {key} out",
            )
        if k == 0 and any(part.labelled_by == EARLIER for part in training.data):
            raise RecipeError(
                f"{where}: no stage before this training could label texts",
                "name a model with labelled_by, put a [[stages]] before it, or give the stage data "
                "of its own",
            )


def _custom_meant(name: str, known: Sequence[str]) -> str:
    """The custom that was most likely meant, by its own name or by that of a set."""
    named = {set_name: corpus.custom for set_name, corpus in corpora().items() if corpus.custom}
    named |= {custom: custom for custom in known}
    close = get_close_matches(name, named, 1)
    return f"did you mean {named[close[0]]!r}? " if close else ""


def _refuse_customs(recipe: Recipe, source: str) -> None:
    """Refuse customs that no set follows, and methods by which their markers would not learn."""
    known = customs()
    strange = [name for name in recipe.customs if name not in known]
    if strange or len({*recipe.customs}) < len(recipe.customs):
        raise RecipeError(
            f"{source}: customs: {strange[0]!r} is no set's"
            if strange
            else f"{source}: customs: one stands there twice",
            f"{_custom_meant(strange[0], known) if strange else ''}known: {', '.join(known)}",
        )
    kinds = {training.method.kind for training in (*map(recipe.at, recipe.stages), recipe)}
    if recipe.customs and (other := kinds - {"full"}):
        raise RecipeError(
            f"{source}: customs are told by embeddings, which method.kind = {min(other)!r} leaves "
            "as they are",
            "leave method or customs out",
        )


def _refuse_empty_parts(recipe: Recipe, source: str) -> None:
    fold = recipe.fold
    if fold is not None and fold.leave_out > fold.of:
        raise RecipeError(
            f"{source}: fold.leave_out is {fold.leave_out}, but there are {fold.of} folds",
            f"choose 1 to {fold.of}",
        )
    everything = (recipe, *map(recipe.at, recipe.stages))
    for k, part in (row for training in everything for row in enumerate(training.data)):
        if part.only is not None and part.leave_out is not None:
            raise RecipeError(
                f"{source}: data.{k} has both `only` and `leave_out`", "say one of them"
            )
        if part.labelled_by is not None and part.seed_words is not None:
            raise RecipeError(
                f"{source}: data.{k} has both `labelled_by` and `seed_words`", "say one of them"
            )
    if recipe.augmentation is not None and (beside := recipe.augmentation.beside) is not None:
        learned = {part.corpus for part in recipe.data}
        if strange := [name for name in beside.corpora if name not in learned]:
            raise RecipeError(
                f"{source}: augmentation.beside.corpora: {strange[0]!r} is no set of data",
                f"{likely(strange[0], sorted(learned))}sets: {', '.join(sorted(learned))}",
            )


def tables(model: type[BaseModel] = Recipe, prefix: str = "") -> dict[str, type[BaseModel]]:
    """The recipe's tables by the dotted place of their keys, `` for the outermost.

    A table that comes in kinds stands there once a kind, such as `method.lora.`.
    """
    by_prefix = {prefix: model}
    for name, field in model.model_fields.items():
        inner = list(_models(field.annotation))
        for table in inner:
            kind: Any = table.model_fields["kind"].annotation if len(inner) > 1 else None
            own = f"{get_args(kind)[0]}." if len(inner) > 1 else ""
            by_prefix |= tables(table, f"{prefix}{name}.{own}")
    return by_prefix


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models within a type such as a union or a tuple of them."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)


def _override(values: dict[str, Any], override: str) -> None:
    key, value = key_value(override)
    put(values, key, value, f"--set {key}")


def put(values: dict[str, Any], key: str, value: Any, source: str) -> None:
    """Set a dotted key such as `data.0.times` of a recipe's plain values, in place.

    Args:
        values: as a TOML file gives them.
        key: tables on the way are made where they are missing.
        value: plain; None takes the key away.
        source: names the place in errors.

    Raises:
        RecipeError: a part of the key is no table, or no place of a list.
    """
    *parents, last = key.split(".")
    table: Any = values
    for parent in parents:
        if isinstance(table, list):
            table = table[_place(table, parent, source)]
        elif value is None and parent not in table:
            return
        else:
            table = table.setdefault(parent, {})
        if not isinstance(table, dict | list):
            raise RecipeError(f"{source}: {parent!r} is not a table of the recipe")
    if isinstance(table, list):
        table[_place(table, last, source)] = value
    elif value is None:
        table.pop(last, None)
    else:
        table[last] = value


def _place(rows: list[Any], named: str, source: str) -> int:
    """The place in a list such as `data` that a part of a key names."""
    if named.isdecimal() and int(named) < len(rows):
        return int(named)
    raise RecipeError(f"{source}: {named!r} is no place in a list of {len(rows)}", "0 is the first")
