"""The recipes that ship parse, and name sets that exist."""

from pathlib import Path

import pytest

from guandian.data.corpora import corpora
from guandian.recipes.recipe import load_recipe

RECIPES = sorted((Path(__file__).parents[2] / "recipes").glob("*.toml"))


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_parses(path: Path) -> None:
    recipe = load_recipe(path)
    assert recipe.name == path.stem
    named = [part.corpus for part in recipe.data] + list(recipe.evaluation.corpora)
    assert set(named) <= set(corpora())
