"""Errors in the values of a recipe, in words: the key, what was given, what is allowed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from guandian.data.corpora import customs
from guandian.errors import RecipeError, called_for, likely

Tables = Mapping[str, type[BaseModel]]


def fault(error: ValidationError, source: str, tables: Tables) -> RecipeError:
    """The first thing that is wrong with a recipe.

    Args:
        error: what pydantic found.
        source: names the recipe.
        tables: the recipe's, by the dotted place of their keys.
    """
    # A misspelt key is also a missing one: name what stands there first.
    first: Any = min(error.errors(), key=lambda problem: problem["type"] != "extra_forbidden")
    kind, given, about = first["type"], first.get("input"), first.get("ctx", {})
    names = _names(first)
    key = ".".join(map(str, names))
    if kind == "missing":
        return RecipeError(f"{source}: {key} is missing", "give it a value")
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        kinds = sorted(_kinds(key, tables))
        if "kind" not in given:
            return RecipeError(f"{source}: {key}.kind is not set", f"known: {', '.join(kinds)}")
        named = given["kind"]
        return RecipeError(
            f"{source}: {key}.kind is {named!r}",
            f"{likely(named, kinds)}known: {', '.join(kinds)}",
        )
    if kind == "extra_forbidden":
        known = _known(first["loc"][:-1], tables)
        return RecipeError(
            f"{source}: unknown key {key!r}",
            f"{_meant(str(names[-1]), known, tables)}known there: {', '.join(known)}",
        )
    if kind == "value_error":
        return RecipeError(f"{source}: {key}: {about['error']}", "change it")
    if kind == "literal_error":
        known = re.findall(r"'([^']*)'", about["expected"]) or [about["expected"]]
        return RecipeError(
            f"{source}: {key} cannot be {given!r}",
            f"{likely(given, known)}choose one of: {', '.join(known)}",
        )
    if kind == "string_too_short":
        return RecipeError(f"{source}: {key} is empty", "give it a value")
    if kind == "too_short":
        return RecipeError(f"{source}: {key} is empty", _list(key, given, tables))
    wanted = called_for(first)
    types = {issue["type"] for issue in error.errors() if _names(issue) == names}
    if {"string_type", "tuple_type"} <= types:
        wanted = "a text or a list"
    repair = "change it"
    if wanted == "a list":
        repair = _list(key, given, tables)
    elif wanted == "a table":
        repair = _keys(names, tables)
    return RecipeError(f"{source}: {key} takes {wanted}, found {given!r}", repair)


def _names(problem: Mapping[str, Any]) -> list[int | str]:
    """The keys of an error's location."""
    return [part for part in problem["loc"] if not _is_type(part)]


def _is_type(part: int | str) -> bool:
    """Tell whether a part of a location is no key, but which of several types was tried there."""
    return isinstance(part, str) and bool(re.search(r"[^\w.-]|^(constrained-)?str$|^tuple$", part))


def _kinds(key: str, tables: Tables) -> set[str]:
    within = "".join(f"{part}." for part in key.split(".") if not part.isdecimal())
    return {name[len(within) : -1] for name in tables if name.startswith(within)}


def _known(location: tuple[int | str, ...], tables: Tables) -> list[str]:
    dotted = "".join(f"{part}." for part in location if isinstance(part, str))
    return sorted(tables[dotted].model_fields)


def _meant(key: str, known: list[str], tables: Tables) -> str:
    """The key that was most likely meant: one of this table, else the same in another."""
    if guess := likely(key, known):
        return guess
    elsewhere = [f"{prefix}{key}" for prefix, table in tables.items() if key in table.model_fields]
    return f"did you mean {elsewhere[0]!r}? " if elsewhere else ""


def _list(dotted: str, given: object, tables: Tables) -> str:
    """Show how a list of that key is written."""
    key = dotted.rpartition(".")[2]
    inner = "".join(f"{part}." for part in dotted.split(".") if not part.isdecimal())
    if key == "data":
        return 'write for example data = [ { corpus = "labelled.jsonl" } ]'
    if key == "customs":
        known = customs()
        return f"write for example customs = [{known[0]!r}]; known: {', '.join(known)}"
    if inner in tables:
        return f"write a table of its own for each: [[{dotted}]]"
    words = json.dumps([str(given)] if given not in ("", [], ()) else ["..."], ensure_ascii=False)
    return f"write for example {key} = {words}"


def _keys(names: list[int | str], tables: Tables) -> str:
    """Name the keys that a table has."""
    dotted = "".join(f"{part}." for part in names if isinstance(part, str))
    key, known = ".".join(map(str, names)), tables.get(dotted)
    if known is None:
        return "write a table, such as { key = value }"
    return f"set a key of it, such as {key}.{sorted(known.model_fields)[0]}; known there: " + (
        ", ".join(sorted(known.model_fields))
    )
