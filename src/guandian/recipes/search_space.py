"""What a search may change: keys of a recipe, each with a range of numbers or alternatives."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from guandian.errors import GuandianError, RecipeError, reason
from guandian.io.bounded import read_text
from guandian.recipes.recipe import Recipe, parse_recipe, put
from guandian.recipes.toml_text import inline

Label = str | int | float | bool
Changes = dict[str, Any]
"""Values by dotted key of the recipe; None takes a key away."""
_RANGE = {"low", "high", "log"}
_FIXED = {
    "categories": "other categories are scored otherwise",
    "evaluation": "scores on other texts or at other times say nothing about each other",
    "heads": "other heads are scored otherwise",
    "name": "it changes nothing that is learned",
    "release": "it changes nothing that is learned",
    "seed": "the best of several seeds is luck: try the recipe that is found with other seeds",
    "tags": "other tags are scored otherwise",
    "version": "it changes nothing that is learned",
}


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers from `low` to `high`, both included; whole ones where both ends are.

    Attributes:
        name: of the parameter, unlike any other's.
        log: drawn evenly by their logarithm.
    """

    name: str
    low: float
    high: float
    log: bool = False

    @property
    def whole(self) -> bool:
        """Tell whether only whole numbers are drawn."""
        return isinstance(self.low, int) and isinstance(self.high, int)

    def rounded(self, value: float) -> float:
        """The value with four digits, as a recipe should have it."""
        near = value if self.whole else float(f"{value:.4g}")
        return min(max(near, self.low), self.high)

    def probes(self) -> tuple[float, ...]:
        """Both ends and one between them, which shows whether the key takes parts of numbers."""
        between = self.low + 0.381 * (self.high - self.low)
        return (self.low, self.high, round(between) if self.whole else self.rounded(between))


@dataclass(frozen=True, slots=True)
class Option:
    """One alternative of a choice.

    Attributes:
        label: tells it from the others.
        value: what the recipe gets; of a table the part that is not searched.
        inner: what is searched in the table, by its key.
    """

    label: Label
    value: Any
    inner: Mapping[str, Dimension] = field(default_factory=dict)

    @property
    def is_table(self) -> bool:
        """Tell whether it stands for a table; an empty one takes the key away."""
        return isinstance(self.value, dict)


@dataclass(frozen=True, slots=True)
class Choice:
    """Alternatives: plain values, or tables with parameters of their own."""

    name: str
    options: tuple[Option, ...]

    def option(self, label: Label) -> Option:
        """The option of that label."""
        return next(option for option in self.options if option.label == label)


Dimension = Range | Choice


class Draw(Protocol):
    """Chooses a point: a sampler, or someone who knows it already."""

    def among(self, dimension: Range) -> float:
        """A number of the range."""

    def choice(self, dimension: Choice) -> Label:
        """The label of an option."""


@dataclass(frozen=True, slots=True)
class Given:
    """A point that is known: parameters by name."""

    parameters: Mapping[str, Label]

    def among(self, dimension: Range) -> float:
        """The parameter of that name."""
        value = self.parameters[dimension.name]
        assert not isinstance(value, str)
        return value

    def choice(self, dimension: Choice) -> Label:
        """The parameter of that name."""
        return self.parameters[dimension.name]


@dataclass(frozen=True, slots=True)
class Space:
    """The dimensions by their dotted keys of the recipe.

    Attributes:
        source: the file.
        written: what it says, for comparison with another.
    """

    source: str
    dimensions: Mapping[str, Dimension]
    written: Mapping[str, Any]

    def draw(self, draw: Draw) -> Changes:
        """The changes of a point."""
        return {key: _drawn(dimension, draw) for key, dimension in self.dimensions.items()}

    def apply(self, recipe: Recipe, changes: Changes, source: str = "") -> Recipe:
        """The recipe with the changes.

        Raises:
            RecipeError: it does not take them.
        """
        return parse_recipe(changed(recipe, changes, source or self.source), source or self.source)

    def locate(self, recipe: Recipe) -> dict[str, Label] | None:
        """The parameters of the recipe itself; None where it is no point of the space."""
        point: dict[str, Label] = {}
        whole = recipe.model_dump(mode="json")
        for key, dimension in self.dimensions.items():
            for parameters in _located(dimension, _at(whole, key)):
                value = _drawn(dimension, Given(parameters))
                if self.apply(recipe, {key: value}) == recipe:
                    point |= parameters
                    break
            else:
                return None
        return point

    def probes(self) -> Iterator[tuple[str, Changes]]:
        """Every alternative and the ends of every range, one at a time, and pairs of alternatives.

        Yields:
            Words for it, and the changes.
        """
        for key, dimension in self.dimensions.items():
            for value in _probes(dimension):
                yield _words(key, value), {key: value}
        choices = [(k, d) for k, d in self.dimensions.items() if isinstance(d, Choice)]
        for position, (key, choice) in enumerate(choices):
            for other, another in choices[position + 1 :]:
                for value in map(_first, choice.options):
                    for beside in map(_first, another.options):
                        words = f"{_words(key, value)} with {_words(other, beside)}"
                        yield words, {key: value, other: beside}


def changed(recipe: Recipe, changes: Changes, source: str) -> dict[str, Any]:
    """The plain values of a recipe, those that it was given, with the changes."""
    values: dict[str, Any] = deepcopy(recipe.model_dump(mode="json", exclude_unset=True))
    for key, value in changes.items():
        put(values, key, value, f"{source}: {key}")
    return values


def load_space(path: Path) -> Space:
    """Read a space.

    Raises:
        RecipeError: no such file, not TOML, a range without two ends in order, a choice without
            two alternatives, a key that must stay as it is; all that is wrong is told together.
    """
    try:
        read = tomllib.loads(read_text(path))
    except FileNotFoundError as error:
        raise RecipeError(
            f"no space at {path}", "a space is a TOML file: docs/tuning.md shows one"
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"{path} is not a TOML file: {error}", "repair that line") from error
    except UnicodeDecodeError as error:
        raise RecipeError(f"{path} cannot be read: {reason(error)}", "save it as UTF-8") from error
    written = dict(_flat(read))
    wrong: list[str] = []
    dimensions = {}
    for key, spec in written.items():
        try:
            _refuse_key(key, written)
            dimensions[key] = _dimension(key, spec)
        except GuandianError as error:
            wrong.append(str(error))
    if wrong:
        raise RecipeError(f"{path}: " + "\n  ".join(wrong))
    if not dimensions:
        raise RecipeError(f"{path} names no key to search", "docs/tuning.md shows how")
    return Space(str(path), dimensions, written)


def _flat(table: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in table.items():
        if isinstance(value, dict) and value and not _is_range(value):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


def _is_range(value: Any) -> bool:
    return isinstance(value, dict) and bool({"low", "high"} & value.keys())


def _refuse_key(key: str, written: Mapping[str, Any]) -> None:
    first = key.split(".", maxsplit=1)[0]
    if first in _FIXED:
        raise RecipeError(f"{key} is not for a search: {_FIXED[first]}", "leave it out")
    if inner := [other for other in written if other.startswith(f"{key}.")]:
        raise RecipeError(
            f"{key} and {inner[0]} both stand there", f"write the second into the tables of {key}"
        )


def _dimension(name: str, spec: Any) -> Dimension:
    if _is_range(spec):
        return _range(name, spec)
    if not isinstance(spec, list):
        raise RecipeError(
            f"{name} = {inline(spec)} leaves nothing to search",
            "write { low = …, high = … } or a list of alternatives, or set it in the recipe",
        )
    options = tuple(_option(name, alternative, spec) for alternative in spec)
    labels = [(type(option.label), option.label) for option in options]
    if not labels or len(set(labels)) < len(labels):
        raise RecipeError(
            f"{name} = {inline(spec)} needs alternatives that differ", "name each of them once"
        )
    return Choice(name, options)


def _range(name: str, spec: Mapping[str, Any]) -> Range:
    if unknown := spec.keys() - _RANGE:
        raise RecipeError(
            f"{name}: unknown {', '.join(sorted(unknown))} in a range", "known: low, high, log"
        )
    low, high, log = spec.get("low"), spec.get("high"), spec.get("log", False)
    numbers = all(isinstance(end, int | float) and not isinstance(end, bool) for end in (low, high))
    if not numbers or not isinstance(log, bool) or not low < high:  # type: ignore[operator]
        raise RecipeError(
            f"{name}: {inline(dict(spec))} is no range", "give numbers low < high, log = true/false"
        )
    if log and low <= 0:  # type: ignore[operator]
        raise RecipeError(f"{name}: with log = true the range must begin above 0", "raise low")
    return Range(name, low, high, log)  # type: ignore[arg-type]


def _option(name: str, value: Any, among: Sequence[Any]) -> Option:
    if isinstance(value, list):
        return Option(inline(value), value)
    if not isinstance(value, dict):
        return Option(value, value)
    searched = {
        key: spec for key, spec in value.items() if _is_range(spec) or isinstance(spec, list)
    }
    fixed = {key: spec for key, spec in value.items() if key not in searched}
    kind = fixed.get("kind")
    alike = [
        alternative
        for alternative in among
        if isinstance(alternative, dict) and alternative.get("kind") == kind
    ]
    label = kind if isinstance(kind, str) and len(alike) == 1 else inline(fixed)
    inner = {key: _dimension(f"{name}.{label}.{key}", spec) for key, spec in searched.items()}
    return Option("unset" if not value else label, fixed, inner)


def _drawn(dimension: Dimension, draw: Draw) -> Any:
    if isinstance(dimension, Range):
        return dimension.rounded(draw.among(dimension))
    option = dimension.option(draw.choice(dimension))
    if not option.is_table:
        return option.value
    inner = {key: _drawn(inner_dimension, draw) for key, inner_dimension in option.inner.items()}
    return {**option.value, **inner} or None


def _located(dimension: Dimension, value: Any) -> Iterator[dict[str, Label]]:
    """Parameters under which the dimension may give the value."""
    if isinstance(dimension, Range):
        if isinstance(value, int | float) and dimension.low <= value <= dimension.high:
            yield {dimension.name: value}
        return
    for option in dimension.options:
        own = {dimension.name: option.label}
        if not option.is_table:
            if option.value == value:
                yield own
            continue
        for key, inner in option.inner.items():
            point = next(_located(inner, value.get(key)), None) if isinstance(value, dict) else None
            if point is None:
                break
            own |= point
        else:
            yield own


def _probes(dimension: Dimension) -> Iterator[Any]:
    if isinstance(dimension, Range):
        yield from dimension.probes()
        return
    for option in dimension.options:
        yield _first(option)
        for key, inner in option.inner.items():
            yield from ({**_first(option), key: value} for value in _probes(inner))


def _first(option: Option) -> Any:
    if not option.is_table:
        return option.value
    inner = {key: next(_probes(dimension)) for key, dimension in option.inner.items()}
    return {**option.value, **inner} or None


def _at(values: Any, key: str) -> Any:
    """The value at a dotted key, None where there is none."""
    for part in key.split("."):
        if isinstance(values, list) and part.isdecimal() and int(part) < len(values):
            values = values[int(part)]
        else:
            values = values.get(part) if isinstance(values, dict) else None
    return values


def _words(key: str, value: Any) -> str:
    return f"{key} unset" if value is None else f"{key} = {inline(value)}"
