from __future__ import annotations

import math
import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic_core import core_schema
from tests.cli.spoken import HAN, english_in

from guandian.data import corpora
from guandian.errors import RecipeError, called_for
from guandian.recipes.decoder_recipe import is_decoder_recipe
from guandian.recipes.recipe import load_recipe, parse_recipe, tables
from guandian.wording import VARIABLE, told

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "training.md").read_text("utf-8")
METHODS = (ROOT / "docs" / "methods.md").read_text("utf-8")
RECIPES = [p for p in sorted((ROOT / "recipes").glob("*.toml")) if not is_decoder_recipe(p)]
LIBRARY = re.compile(r"Input|should|valid |pydantic|instance of|Field required|value is not")
"""Words of pydantic."""
SHORT = """
name = "short"
data = [{ corpus = "laptop", times = 2 }, { corpus = "own/train.jsonl" }]
base = { model = "guandian-small" }
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "short.toml"
    path.write_text(SHORT, encoding="utf-8")
    return path


def test_what_is_left_out_has_a_default(file: Path) -> None:
    recipe = load_recipe(file)
    assert recipe.optimisation.learning_rate == 3e-4
    assert recipe.method.kind == "full"
    assert [part.corpus for part in recipe.data] == ["laptop", "own/train.jsonl"]


@pytest.mark.parametrize(
    ("key", "value", "found"),
    [
        ("seed", "3", lambda r: r.seed == 3),
        ("name", "other", lambda r: r.name == "other"),
        ("name", "耳机-2026_v1.2", lambda r: r.name == "耳机-2026_v1.2"),
        ("name", "cafe\u0301", lambda r: r.name == "caf\u00e9"),
        ("optimisation.learning_rate", "1e-5", lambda r: r.optimisation.learning_rate == 1e-5),
        ("data.0.times", "7", lambda r: [p.times for p in r.data] == [7, 1]),
        ("data.1.corpus", "my data/a.jsonl", lambda r: r.data[1].corpus == "my data/a.jsonl"),
        ("evaluation.corpora", '["laptop"]', lambda r: r.evaluation.corpora == ("laptop",)),
        ("weights.pairs", "0.5", lambda r: r.weights.pairs == 0.5),
        ("data", '[{ corpus = "waimai" }]', lambda r: len(r.data) == 1),
    ],
)
def test_set_overrides(file: Path, key: str, value: str, found: Any) -> None:
    assert found(load_recipe(file, (f"{key}={value}",)))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("seed", "--set takes key=value, got 'seed'"),
        ("name.first=1", "'name' is not a table"),
        ("data.2.times=1", "'2' is no place in a list of 2"),
        ("data.first.times=1", "'first' is no place"),
        ("sed=1", r"unknown key 'sed'\n.*base, categories, .*data, .*seed"),
        ("optimisation.rate=1", r"unknown key 'optimisation\.rate'\n.*batch_texts.*learning_rate"),
        ("data.0.time=1", r"unknown key 'data\.0\.time'\n.*leave_out.*times"),
        ("base.modle=x", r"unknown key 'base\.modle'\n.*layers, model"),
        ("weights.span=2", r"unknown key 'weights\.span'\n.*pairs.*spans"),
        ("optimisation.epochs=many", r"optimisation\.epochs takes a number, found 'many'"),
        ("optimisation.epochs=0", r"optimisation\.epochs takes a number above 0, found 0"),
        ("holdout=0.9", "holdout takes a number below 0.5, found 0.9"),
        ("categories=mine", r"categories cannot be 'mine'\n  choose one of: default, own"),
        ("name=../../elsewhere", "name: .*is no name: letters and digits of any script"),
        ("name=.耳机", "name: .*is no name"),
        ("name=耳 机", "name: .*is no name"),
        (f"name={'耳' * 41}", "name: .*at most 120 bytes"),
        ("version=2", "version cannot be 2"),
        ("data=[]", "data is empty"),
        ('data.0.leave_out=""', r"data\.0\.leave_out is empty"),
    ],
)
def test_a_wrong_value_is_named(file: Path, change: str, words: str) -> None:
    with pytest.raises(RecipeError, match=words) as error:
        load_recipe(file, (change,))
    assert change.startswith(("seed", "name.", "data.2", "data.first")) or str(file) in str(
        error.value
    )


def test_every_number_of_a_recipe_has_a_bound() -> None:
    """One that is far too large is refused before anything is read or made."""
    unbound = set()
    for prefix, table in tables().items():
        for name, field in table.model_fields.items():
            kinds = {field.annotation, *get_args(field.annotation)}
            ends = {type(one).__name__ for one in field.metadata}
            if kinds & {int, float} and not ends & {"Le", "Lt"}:
                unbound.add(prefix + name)
    assert unbound == {"heads.low", "heads.high"}  # ends of a scale of the user's own


WRONG: tuple[Any, ...] = (
    -(10**12), 10**12, 10**400, 1.5, math.nan, math.inf, True, "x", "", None, [], [1], [[]], [""],
    {}, {"a": 1}, [{}], date(2026, 1, 2), "\ud800", b"x", object(),
)  # fmt: skip


def set_at(prefix: str, name: str, value: Any) -> dict[str, Any]:
    """A recipe with a value at a key, and with what else the tables around the key need."""
    recipe: dict[str, Any] = {
        "name": "x", "data": [{"corpus": "laptop"}], "base": {"model": "guandian-small"},
    }  # fmt: skip
    at, *rest = recipe, *prefix.split(".")[:-1]
    for k, part in enumerate(rest):
        if k and rest[k - 1] == "method":
            at["kind"] = part
        elif part in ("data", "stages", "heads"):
            at[part] = [{"corpus": "laptop"} if part == "data" else {"name": "first"}]
            at = at[part][0]
        else:
            at[part] = {}
            at = at[part]
    at[name] = value
    return recipe


@pytest.mark.parametrize("prefix", tables())
def test_no_wrong_value_is_told_in_words_of_a_library(
    prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All wrong values where a table stands first; where it stands again, as in a stage, some."""
    monkeypatch.setenv(VARIABLE, "zh")
    table, refused = tables()[prefix], 0
    again = prefix != next(first for first, other in tables().items() if other is table)
    for name in table.model_fields:
        for value in WRONG[::6] if again else WRONG:
            try:
                parse_recipe(set_at(prefix, name, value), "r.toml")
            except RecipeError as error:
                words, refused = str(error), refused + 1
                assert not LIBRARY.search(words.replace(repr(value), "")), words
                (chinese,) = told(words)
                assert HAN.search(chinese) and english_in(chinese) == [], chinese
    assert refused > (3 if again else 10)


def test_every_kind_of_error_has_words_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "zh")
    ends = dict.fromkeys(("gt", "ge", "lt", "le", "multiple_of"), 2.0)
    about = {**ends, "min_length": 3, "max_length": 9, "expected": "'a' or 'b'"}
    for kind in get_args(core_schema.ErrorType):
        words = called_for({"type": kind, "ctx": about})
        assert words and not LIBRARY.search(words), kind
        for form in ("r.toml: seed takes {}, found 1", "r.toml, line 3: text takes {}, found 1"):
            (chinese,) = told(form.format(words))
            assert HAN.search(chinese) and english_in(chinese) == [], (kind, chinese)


def test_a_key_that_takes_a_text_or_a_list_says_so() -> None:
    with pytest.raises(RecipeError, match=r"distillation\.teacher takes a text or a list, found 3"):
        parse_recipe(set_at("distillation.", "teacher", 3))


def test_a_missing_key_is_named() -> None:
    with pytest.raises(RecipeError, match=r"recipe: base is missing"):
        parse_recipe({"name": "x", "data": [{"corpus": "laptop"}]})


def test_files_that_are_no_recipe(tmp_path: Path, file: Path) -> None:
    with pytest.raises(RecipeError, match=r"no recipe at .*\n.*short\.toml"):
        load_recipe(tmp_path / "none.toml")
    file.write_text("name = ", encoding="utf-8")
    with pytest.raises(RecipeError, match=r"short\.toml is not a TOML file"):
        load_recipe(file)
    with pytest.raises(RecipeError, match=r"cannot be read: Is a directory\n.*name a TOML file"):
        load_recipe(tmp_path)
    file.write_bytes("名 = 1".encode("gb18030"))
    with pytest.raises(RecipeError, match=r"cannot be read: not UTF-8.*\n.*save it as UTF-8"):
        load_recipe(file)


WITHOUT_DEV = ("eprstmt", "jd-language")  # too few labels to choose by, or none


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_the_recipes_of_the_project_parse_and_name_known_sets(path: Path) -> None:
    recipe = load_recipe(path)
    assert recipe.name == path.stem
    for part in recipe.data:
        assert part.part in corpora()[part.corpus].parts
    for name in recipe.evaluation.corpora:
        assert "dev" in corpora()[name].parts
    assert recipe.evaluation.corpora or path.stem in WITHOUT_DEV


def test_the_page_names_every_recipe_and_its_example_parses() -> None:
    pages = PAGE.partition("## Every key")[2] + METHODS.partition("## Every key")[2]
    rows = dict(re.findall(r"^\| `([a-z0-9_.]+)` \| ([^|]+) \|", pages, re.MULTILINE))
    known = tables()
    of_recipe = {prefix + name for prefix, table in known.items() for name in table.model_fields}
    expected = {
        prefix + name: _default(field.get_default(), field.is_required())
        for prefix, table in known.items()
        for name, field in table.model_fields.items()
        if name != "kind" or not prefix.startswith("method.")
        if not any(one.startswith(f"{prefix}{name}.") for one in known)
        if not (prefix.startswith("stages.") and f"{prefix[7:]}{name}" in of_recipe)
    }
    assert {key: value.strip() for key, value in rows.items()} == expected


def _default(value: Any, required: bool) -> str:
    if required:
        return "must be given"
    if value is None:
        return "unset"
    if value == ():
        return "`[]`"
    if isinstance(value, bool):
        return f"`{value}`".lower()
    return f'`"{value}"`' if isinstance(value, str) else f"`{value}`"


def test_choices_that_cannot_stand_together_are_refused() -> None:
    values = tomllib.loads(SHORT) | {"method": {"kind": "frozen"}}
    assert parse_recipe(values).method.kind == "frozen"
    values["objective"] = {"adversary": {"kind": "pgd"}}
    with pytest.raises(RecipeError, match=r"changes what frozen layers read.*\n.*another method"):
        parse_recipe(values)


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({"method": {"kind": "lorra"}}, r"method.kind is 'lorra'\n.*adalora, adapter, dora"),
        ({"method": {"rank": 4}}, r"method.kind is not set\n.*prompt"),
        ({"optimisation": {"epochs": True}}, r"optimisation.epochs takes a number, found True"),
        ({"seed": True}, r"seed takes a whole number, found True"),
        ({"seed": "9" * 5_000}, r"seed takes a whole number of an ordinary size, found"),
        ({"method": {"kind": "lora", "rnk": 4}}, r"'method.lora.rnk'\n.*alpha, dropout, kind"),
        ({"objective": {"adversary": {"kind": "fgm", "far": 1}}}, r"far'\n.*size, steps"),
    ],
)
def test_unknown_methods_and_keys_list_what_there_is(table: dict[str, Any], told: str) -> None:
    with pytest.raises(RecipeError, match=told):
        parse_recipe(tomllib.loads(SHORT) | table)
