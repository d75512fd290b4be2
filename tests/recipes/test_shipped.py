"""The recipes that ship parse, and name sets that exist."""

from pathlib import Path

import pytest

from guandian.data.corpora import corpora
from guandian.errors import RecipeError
from guandian.recipes.decoder_recipe import is_decoder_recipe, load_decoder_recipe
from guandian.recipes.recipe import load_recipe

RECIPES = sorted((Path(__file__).parents[2] / "recipes").glob("*.toml"))


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_parses(path: Path) -> None:
    recipe = load_decoder_recipe(path) if is_decoder_recipe(path) else load_recipe(path)
    assert recipe.name == path.stem
    named = [part.corpus for part in recipe.data] + list(recipe.evaluation.corpora)
    assert set(named) <= set(corpora())


def test_the_recipe_of_a_language_model_is_told_where_it_does_not_belong() -> None:
    path = next(path for path in RECIPES if is_decoder_recipe(path))
    with pytest.raises(RecipeError, match="recipe of a language model"):
        load_recipe(path)
