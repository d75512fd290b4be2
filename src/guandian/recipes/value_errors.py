"""What is wrong with a value of a recipe, in words: the key, what was given, what is allowed."""

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
    first: Any = min(error.errors(), key=lambda found: found["type"] != "extra_forbidden")
    kind, given, about = first["type"], first.get("input"), first.get("ctx", {})
    names = _names(first)
    place = ".".join(map(str, names))
    if kind == "missing":
        return RecipeError(f"{source}: {place} is missing", "give it a value")
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        kinds = sorted(_kinds(place, tables))
        if "kind" not in given:
            return RecipeError(f"{source}: {place}.kind is not set", f"known: {', '.join(kinds)}")
        named = given["kind"]
        return RecipeError(
            f"{source}: {place}.kind is {named!r}",
            f"{likely(named, kinds)}known: {', '.join(kinds)}",
        )
    if kind == "extra_forbidden":
        known = _known(first["loc"][:-1], tables)
        return RecipeError(
            f"{source}: unknown key {place!r}",
            f"{_meant(str(names[-1]), known, tables)}known there: {', '.join(known)}",
        )
    if kind == "value_error":
        return RecipeError(f"{source}: {place}: {about['error']}", "change it")
    if kind == "literal_error":
        known = re.findall(r"'([^']*)'", about["expected"]) or [about["expected"]]
        return RecipeError(
            f"{source}: {place} cannot be {given!r}",
            f"{likely(given, known)}choose one of: {', '.join(known)}",
        )
    if kind == "string_too_short":
        return RecipeError(f"{source}: {place} is empty", "give it a value")
    if kind == "too_short":
        return RecipeError(f"{source}: {place} is empty", _list(place, given, tables))
    wanted = called_for(first)
    here = {each["type"] for each in error.errors() if _names(each) == names}
    if {"string_type", "tuple_type"} <= here:
        wanted = "a text or a list"
    repair = "change it"
    if wanted == "a list":
        repair = _list(place, given, tables)
    elif wanted == "a table":
        repair = _keys(names, tables)
    return RecipeError(f"{source}: {place} takes {wanted}, found {given!r}", repair)


def _names(found: Mapping[str, Any]) -> list[int | str]:
    """The keys of an error's place."""
    return [part for part in found["loc"] if not _is_type(part)]


def _is_type(part: int | str) -> bool:
    """Whether a part of a place is no key, but which of several types was tried there."""
    return isinstance(part, str) and bool(re.search(r"[^\w.-]|^(constrained-)?str$|^tuple$", part))


def _kinds(place: str, tables: Tables) -> set[str]:
    within = "".join(f"{part}." for part in place.split(".") if not part.isdecimal())
    return {name[len(within) : -1] for name in tables if name.startswith(within)}


def _known(place: tuple[int | str, ...], tables: Tables) -> list[str]:
    dotted = "".join(f"{part}." for part in place if isinstance(part, str))
    return sorted(tables[dotted].model_fields)


def _meant(key: str, known: list[str], tables: Tables) -> str:
    """The key that was most likely meant: one of this table, else the same in another."""
    if found := likely(key, known):
        return found
    elsewhere = [f"{place}{key}" for place, table in tables.items() if key in table.model_fields]
    return f"did you mean {elsewhere[0]!r}? " if elsewhere else ""


def _list(place: str, given: object, tables: Tables) -> str:
    """How a list of that key is written."""
    key = place.rpartition(".")[2]
    inner = "".join(f"{part}." for part in place.split(".") if not part.isdecimal())
    if key == "data":
        return 'write for example data = [ { corpus = "labelled.jsonl" } ]'
    if key == "customs":
        known = customs()
        return f"write for example customs = [{known[0]!r}]; known: {', '.join(known)}"
    if inner in tables:
        return f"write a table of its own for each: [[{place}]]"
    words = json.dumps([str(given)] if given not in ("", [], ()) else ["..."], ensure_ascii=False)
    return f"write for example {key} = {words}"


def _keys(names: list[int | str], tables: Tables) -> str:
    """Which keys a table has."""
    dotted = "".join(f"{part}." for part in names if isinstance(part, str))
    place, known = ".".join(map(str, names)), tables.get(dotted)
    if known is None:
        return "write a table, such as { key = value }"
    return f"set a key of it, such as {place}.{sorted(known.model_fields)[0]}; known there: " + (
        ", ".join(sorted(known.model_fields))
    )
