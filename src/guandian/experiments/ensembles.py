"""The members of an ensemble as recipes: under several seeds, or each without another fold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from guandian.errors import RecipeError
from guandian.recipes.recipe import Recipe, parse_recipe


def by_seeds(recipe: Recipe, seeds: Sequence[int]) -> dict[str, Recipe]:
    """The recipe under each seed, by the name of its run's folder.

    Raises:
        RecipeError: fewer than two different seeds, or one that the recipe refuses.
    """
    if len({*seeds}) < 2:
        raise RecipeError(f"an ensemble has at least two seeds, not {len({*seeds})}", "name more")
    return {f"seed-{seed}": _changed(recipe, seed=seed) for seed in seeds}


def by_folds(recipe: Recipe, count: int) -> dict[str, Recipe]:
    """The recipe without each of `count` folds of its data, by the name of its run's folder.

    Raises:
        RecipeError: when the recipe leaves out a fold already, or `count` is not 2 to 100.
    """
    if count < 2:
        raise RecipeError(f"an ensemble has at least two folds, not {count}", "name more")
    if recipe.fold is not None:
        raise RecipeError("the recipe leaves out a fold already", "take `fold` out of the recipe")
    return {
        f"fold-{place}": _changed(recipe, fold={"of": count, "leave_out": place})
        for place in range(1, count + 1)
    }


def _changed(recipe: Recipe, **changes: Any) -> Recipe:
    return parse_recipe(recipe.model_dump(mode="json") | changes)
