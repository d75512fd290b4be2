"""What to train on what, and how: one small typed file."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from guandian.errors import RecipeError


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Base(_Closed):
    """The model to start from: a bundle, a folder, an id, or a name under the models folder."""

    model: str
    layers: int | None = None


class Part(_Closed):
    """One labelled set: how many of its reviews (all when None) and how often an epoch.

    Attributes:
        longest: leave out texts of more characters.
        leave_out: leave out the group of that name, such as a product category.
    """

    corpus: str
    part: str = "train"
    most: int | None = Field(None, gt=0)
    longest: int | None = Field(None, gt=0)
    times: int = Field(1, ge=1)
    leave_out: str | None = None


class Optimisation(_Closed):
    """AdamW with linear warm-up and decay."""

    epochs: float = Field(3.0, gt=0)
    learning_rate: float = Field(3e-4, gt=0)
    head_learning_rate: float = Field(1e-3, gt=0)
    weight_decay: float = Field(0.01, ge=0)
    warmup: float = Field(0.06, ge=0, lt=1)
    clip: float = Field(1.0, gt=0)
    batch_tokens: int = Field(1600, gt=0)
    max_tokens: int = Field(224, gt=8, le=512)
    precision: Literal["auto", "fp32", "bf16"] = "auto"


class Evaluation(_Closed):
    """How often to score which dev parts, and when to give up."""

    corpora: tuple[str, ...] = ()
    most: int = Field(400, gt=0)
    every: int = Field(400, gt=0)
    patience: int = Field(10, gt=0)


class Recipe(_Closed):
    """A training run, whole.

    Attributes:
        release: version of the bundle.
        categories: `default` maps every set to the default taxonomy, `own` keeps the set's own.
        holdout: share of each opinion set kept from training to fit the confidence on.
        weights: what each head's loss counts for; 1 where unnamed.
        exclude_restricted: leave out the sets whose licence restricts use.
    """

    version: Literal[1] = 1
    name: str
    release: str = "1.0.0"
    seed: int = 1
    base: Base
    data: tuple[Part, ...] = Field(min_length=1)
    categories: Literal["default", "own"] = "default"
    holdout: float = Field(0.03, ge=0, lt=0.5)
    weights: dict[str, float] = Field(default_factory=dict)
    exclude_restricted: bool = False
    optimisation: Optimisation = Optimisation()
    evaluation: Evaluation = Evaluation()


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
        return Recipe.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            known = ", ".join(_known(first["loc"][:-1]))
            problem = f"{source}: unknown key {place!r}"
            raise RecipeError(problem, f"known there: {known}") from error
        raise RecipeError(
            f"{source}: {place}: {first['msg']} (found {first['input']!r})", "change that value"
        ) from error


def _known(place: tuple[int | str, ...]) -> list[str]:
    tables: dict[str, type[BaseModel]] = {
        "base": Base,
        "data": Part,
        "optimisation": Optimisation,
        "evaluation": Evaluation,
    }
    return sorted(tables.get(str(place[0]) if place else "", Recipe).model_fields)


def _override(values: dict[str, Any], override: str) -> None:
    key, equals, text = override.partition("=")
    if not equals:
        raise RecipeError(f"--set takes key=value, got {override!r}", "e.g. --set seed=2")
    *parents, last = key.strip().split(".")
    table = values
    for parent in parents:
        table = table.setdefault(parent, {})
        if not isinstance(table, dict):
            raise RecipeError(f"--set {key}: {parent!r} is not a table of the recipe")
    try:
        table[last] = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        table[last] = text
