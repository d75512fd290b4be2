"""The recipes that ship parse, and name sets that exist."""

import re
from pathlib import Path

import pytest

from guandian.data.corpora import corpora
from guandian.errors import RecipeError
from guandian.recipes.decoder_recipe import (
    DecoderRecipe,
    is_decoder_recipe,
    load_decoder_recipe,
)
from guandian.recipes.recipe import load_recipe, tables

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


@pytest.mark.parametrize("page", ["decoders.md", "zh/decoders.md"])
def test_the_page_of_language_models_names_every_key(page: str) -> None:
    text = (Path(__file__).parents[2] / "docs" / page).read_text("utf-8")
    rows = dict(re.findall(r"^\| `([a-z0-9_.]+)` \| ([^|]+) \|", text, re.MULTILINE))
    expected = {}
    for prefix, table in tables(DecoderRecipe).items():
        for name, field in table.model_fields.items():
            inner = any(key.startswith(f"{prefix}{name}.") for key in tables(DecoderRecipe))
            if not prefix.startswith(("method.", "data.")) and not (inner and name != "data"):
                expected[prefix + name] = field
    assert rows.keys() - {"method.kind"} == expected.keys()
    for key, field in expected.items():
        default = field.get_default()
        if not field.is_required() and isinstance(default, int | float):
            assert rows[key].strip() == f"`{str(default).lower()}`", key
