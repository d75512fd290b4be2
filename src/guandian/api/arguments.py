"""What may stand in the place of an argument of the Python API: its annotation tells."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cache
from inspect import Parameter, signature
from numbers import Integral, Real
from os import PathLike
from pathlib import Path
from reprlib import repr as short
from types import UnionType
from typing import Annotated, Any, Literal, TypeGuard, Union, get_args, get_origin, get_type_hints

from guandian.errors import GuandianError, likely

FromZero = Annotated[int, 0]
FromOne = Annotated[int, 1]
_KINDS: dict[object, Any] = {int: Integral, float: Real, Path: PathLike}
"""What takes the place of a class, numbers of numpy among them."""
_SPELLED = {"Sequence": "list", "Mapping": "dict", "FromZero": "int >= 0", "FromOne": "int >= 1"}


def refuse_misfits(
    function: Callable[..., object], args: tuple[object, ...], kwargs: Mapping[str, object]
) -> None:
    """Refuse arguments that the annotations of a function do not let in.

    Raises:
        GuandianError: an unknown name, an unknown choice, or another kind of value.
    """
    hints, spelled, positional, several = _annotations(function)
    given = [*zip(positional, args, strict=False)]
    given += [(several, value) for value in args[len(positional) :] if several]
    for name, value in [*given, *kwargs.items()]:
        if name not in hints and name not in positional:
            raise GuandianError(
                f"{function.__name__} has no argument {name!r}",
                f"{likely(name, hints)}known: {', '.join(hints)}",
            )
        hint = hints.get(name, Any)  # `self` has none
        if _fits(value, hint):
            continue
        if choices := _choices(hint):
            raise GuandianError(
                f"{name}={short(value)} is no choice",
                f"{likely(value, choices)}choose one of: {', '.join(choices)}",
            )
        raise GuandianError(
            f"{name}={' '.join(short(value).split())} does not fit", f"give {spelled[name]}"
        )


@cache
def _annotations(
    function: Callable[..., object],
) -> tuple[dict[str, Any], dict[str, str], tuple[str, ...], str]:
    """Hints by name, as they are spelled too; names of those by place; the one of any number."""
    hints, raw = get_type_hints(function, include_extras=True), dict(function.__annotations__)
    of_kind = defaultdict[Any, list[str]](list)
    for name, parameter in signature(function).parameters.items():
        of_kind[parameter.kind].append(name)
    for name in of_kind[Parameter.VAR_KEYWORD]:
        (fields,) = get_args(hints.pop(name))
        hints |= get_type_hints(fields, include_extras=True)
        raw |= {key: hint.__forward_arg__ for key, hint in fields.__annotations__.items()}
    del hints["return"]
    spelled = {
        name: re.sub(r"\b[A-Z]\w+", lambda word: _SPELLED.get(word[0], word[0]), raw[name])
        for name in hints
    }
    by_place = tuple(of_kind[Parameter.POSITIONAL_OR_KEYWORD])
    return hints, spelled, by_place, "".join(of_kind[Parameter.VAR_POSITIONAL])


def _fits(value: object, hint: Any) -> bool:
    kind, inner = get_origin(hint) or hint, get_args(hint)
    if kind in (Any, Iterable):  # only who runs through the latter knows what is in it
        return True
    if kind in (Union, UnionType):
        no_path = Path in inner and isinstance(value, str) and "\0" in value
        return not no_path and any(_fits(value, part) for part in inner)
    if kind is Annotated:
        return _fits(value, inner[0]) and value >= inner[1]
    if kind is Literal:
        return isinstance(value, str) and value in inner
    if kind is tuple:
        if not isinstance(value, tuple | list):
            return False
        items = inner[:1] * len(value) if ... in inner else inner
        return len(value) == len(items) and all(map(_fits, value, items))
    if issubclass(kind, Mapping):
        return isinstance(value, Mapping) and (
            all(_fits(key, inner[0]) and _fits(held, inner[1]) for key, held in value.items())
        )
    if issubclass(kind, Collection) and inner:
        return _listed(value) and all(_fits(item, inner[0]) for item in value)
    if isinstance(value, bool):
        return kind is bool
    return isinstance(value, _KINDS.get(kind, kind))


def _listed(value: object) -> TypeGuard[Collection[object]]:
    return isinstance(value, Collection) and not isinstance(value, str | bytes | Mapping)


def _choices(hint: Any) -> tuple[str, ...]:
    inner = get_args(hint)
    return inner if get_origin(hint) is Literal else sum(map(_choices, inner), ())
