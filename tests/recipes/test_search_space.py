"""Spaces: what they say, what they refuse, the points that a recipe takes."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from guandian.errors import RecipeError
from guandian.recipes.recipe import Recipe, load_recipe, parse_recipe
from guandian.recipes.search_space import Given, Range, Space, load_space
from guandian.recipes.toml_text import inline

ROOT = Path(__file__).resolve().parent.parent.parent
SPACE = """
method = [{}, { kind = "lora", rank = [4, 16], alpha = { low = 4.0, high = 64.0 } }]
objective.adversary = [{}, { kind = "fgm", size = { low = 0.3, high = 2.0, log = true } }]
augmentation = [{}, { kinds = [["swap", "delete"]], times = { low = 1, high = 3 } }]
[optimisation]
learning_rate = { low = 1e-5, high = 1e-2, log = true }
schedule = ["linear", "cosine"]
"""


def recipe(**values: object) -> Recipe:
    base = {"name": "x", "data": [{"corpus": "train😀.jsonl"}], "base": {"model": "a"}}
    return parse_recipe(base | values)


@pytest.fixture
def space(tmp_path: Path) -> Space:
    return space_of(tmp_path, SPACE)


def space_of(folder: Path, text: str) -> Space:
    (folder / "space.toml").write_text(text, encoding="utf-8")
    return load_space(folder / "space.toml")


def test_a_point_changes_the_recipe_and_tables_take_the_place_of_its_own(space: Space) -> None:
    point = {
        "method": "lora", "method.lora.rank": 16, "method.lora.alpha": 7.123456,
        "objective.adversary": "unset", "augmentation": "unset",
        "optimisation.learning_rate": 0.00123456, "optimisation.schedule": "cosine",
    }  # fmt: skip
    changes = space.draw(Given(point))
    assert changes["method"] == {"kind": "lora", "rank": 16, "alpha": 7.123}
    before = recipe(method={"kind": "adapter", "size": 9}, objective={"adversary": {"kind": "pgd"}})
    after = space.apply(before, changes)
    assert after.method.kind == "lora"
    assert after.objective.adversary is None
    assert after.optimisation.learning_rate == 0.001235
    assert after.data == before.data


def test_the_recipe_itself_is_found_in_the_space(space: Space) -> None:
    plain = recipe()
    found = space.locate(plain)
    assert found is not None
    assert space.apply(plain, space.draw(Given(found))) == plain
    lora = recipe(method={"kind": "lora", "rank": 4, "alpha": 5.0})
    located = space.locate(lora)
    assert located is not None
    assert (located["method"], located["method.lora.alpha"]) == ("lora", 5.0)
    for outside in (
        {"method": {"kind": "lora", "rank": 5}},
        {"optimisation": {"schedule": "constant"}},
    ):
        assert space.locate(recipe(**outside)) is None


def test_every_probe_of_the_space_fits_and_pairs_are_among_them(space: Space) -> None:
    probes = dict(space.probes())
    for words, changes in probes.items():
        space.apply(recipe(), changes, words)
    assert "optimisation.learning_rate = 0.01" in probes
    assert 'method = { kind = "lora", rank = 16, alpha = 4.0 }' in probes
    assert "method unset with objective.adversary unset" in probes
    assert sum("method = " in words and "augmentation = " in words for words in probes) == 1


def test_the_shipped_space_fits_its_recipe() -> None:
    asked = load_recipe(ROOT / "recipes" / "laptop-after-make-up.toml")
    found = load_space(ROOT / "bench" / "spaces" / "laptop.toml")
    for words, changes in found.probes():
        found.apply(asked, changes, words)
    assert found.locate(asked) is not None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a = [", "is not a TOML file"),
        ("", "names no key to search"),
        ("seed = [1, 2]", "seed is not for a search: the best of several seeds is luck"),
        ("evaluation.most = [1, 2]", "evaluation.most is not for a search"),
        ("tags = 3\nweights.spans = 3", r"(?s)tags is not.*weights.spans = 3 leaves nothing"),
        ("weights.spans = { low = 1 }", "low = 1 } is no range"),
        ("weights.spans = { low = 2, high = 1 }", "is no range"),
        ("weights.spans = { low = true, high = 1 }", "is no range"),
        ("weights.spans = { low = 0, high = 1, log = true }", "must begin above 0"),
        ("weights.spans = { low = 0, high = 1, step = 1 }", "unknown step .*\n.*low, high, log"),
        ("weights.spans = [1, 1]", "alternatives that differ"),
        ("weights.spans = []", "alternatives that differ"),
        ('method = [{}]\n"method.rank" = [1, 2]', "method and method.rank both stand there"),
    ],
)
def test_a_space_that_says_nothing_clear_is_refused(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(RecipeError, match=words):
        space_of(tmp_path, text)


def test_no_space_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="no space at"):
        load_space(tmp_path / "gone.toml")


def test_a_range_with_whole_ends_stays_whole_and_others_within_their_ends() -> None:
    assert Range("x", 1, 9).probes() == (1, 9, 4)
    assert Range("x", 0.123456, 2.0).rounded(0.1234567) == 0.1235
    assert Range("x", 0.123456, 0.13).rounded(0.1299999) == 0.13
    assert Range("x", 0.123456, 2.0).low <= Range("x", 0.123456, 2.0).rounded(0.123456)


def test_a_value_on_one_line_reads_as_it_was() -> None:
    values = {
        "name": "é\"\\\x7f\n😀", "rate": 1e-05, "yes": True, "none": [],
        "data": [{"corpus": "laptop", "seed_words": {"好 词": ["很好"]}}],
        "table": {"inner": {"deep": {}}, "list": [1, 2.5]}, "键": {"a.b": 1},
    }  # fmt: skip
    line = inline(values)
    assert "\n" not in line
    assert tomllib.loads(f"values = {line}") == {"values": values}
    assert inline({"rate": 1e-05, "a": [1, {}]}) == "{ rate = 1e-05, a = [1, {}] }"
