"""What a ladder of smaller models is made of: its rungs, in a file or in one line."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError, model_validator

from guandian.bundle import Precision
from guandian.errors import RecipeError
from guandian.recipes.recipe import recipe_values
from guandian.recipes.sections import Closed, Name
from guandian.recipes.value_errors import fault

DEFAULT_RUNGS = (
    "float16,int4,vocabulary-60,layers-4,layers-3,heads-67+width-50,int4+aware,"
    "layers-4+heads-67+width-50,layers-4+int4+aware"
)


_TAKEN = ("model", "starts")
TOKENS = 400_000
"""Of one rung's training, where nobody says how many."""


class Rung(Closed):
    """A smaller form of a model; what it does not say stays as it is.

    Attributes:
        name: of its folder and in tables.
        layers: how many are left; those stay whose absence changes the answers most.
        heads: the share of attention heads that is left, of all layers together.
        width: likewise of the inner features of the feed-forward blocks.
        vocabulary: the share of the tokenizer's pieces that is left, the most frequent ones.
        precision: of the weights on disk.
        aware: trained with its weights rounded as its precision rounds them.
        tokens: of its training; 0 = none. Unset = the ladder's where the rung has another shape
            than the model or is `aware`, else none.
        learning_rate: the highest, of the encoder; unset = the ladder's.
    """

    name: Name
    layers: int | None = Field(None, gt=0, le=1000)
    heads: float | None = Field(None, gt=0, le=1)
    width: float | None = Field(None, gt=0, le=1)
    vocabulary: float | None = Field(None, gt=0, le=1)
    precision: Precision = "int8"
    aware: bool = False
    tokens: int | None = Field(None, ge=0, le=10**12)
    learning_rate: float | None = Field(None, gt=0, le=100)

    @model_validator(mode="after")
    def _rounds(self) -> Rung:
        if self.aware and self.precision not in ("int8", "int4"):
            raise ValueError(f"aware trains for whole numbers, and {self.precision} has none")
        if self.aware and self.tokens == 0:
            raise ValueError("aware says how it is trained, and tokens = 0 trains nothing")
        return self

    @property
    def reshaped(self) -> bool:
        """Tell whether the network or its tokenizer is another one than the model's."""
        parts = (self.layers, self.heads, self.width, self.vocabulary)
        return any(part is not None for part in parts)

    def budget(self, tokens: int) -> int:
        """The tokens that it is trained on where the ladder gives so many to each."""
        if self.tokens is not None:
            return self.tokens
        return tokens if self.reshaped or self.aware else 0


class LadderPlan(Closed):
    """The rungs of a ladder.

    Attributes:
        rungs: in the order in which they are made.
    """

    rungs: tuple[Rung, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _told_apart(self) -> LadderPlan:
        names = [rung.name for rung in self.rungs]
        if twice := [name for name in names if names.count(name) > 1]:
            raise ValueError(f"two rungs are called {twice[0]!r}")
        if reserved := [name for name in names if name.lower() in _TAKEN]:
            name = reserved[0]
            raise ValueError(f"no rung can be called {name!r}: the ladder itself has that name")
        return self


def read_plan(path: Path) -> LadderPlan:
    """Read a plan's file: TOML with `[[rungs]]`.

    Raises:
        RecipeError: no such file, not TOML, an unknown key or a wrong value.
    """
    return _plan(recipe_values(path), str(path))


def spelled_plan(text: str) -> LadderPlan:
    """Read rungs from one line, such as `int4,layers-4,heads-67+width-50+int4+aware`.

    Commas part rungs, each `+` adds to one: `layers-N`; `heads-P`, `width-P`, `vocabulary-P` with
    the share that is left in percent; a precision; `aware`; `untrained`; `tokens-N`.

    Raises:
        RecipeError: words that mean nothing, or as `read_plan`.
    """
    names = [name.strip() for name in text.split(",") if name.strip()]
    return _plan({"rungs": [_spelled(name) for name in names]}, "--rungs")


def _spelled(name: str) -> dict[str, Any]:
    values: dict[str, Any] = {"name": name.replace("+", "-")}
    for word in name.split("+"):
        if word in _PRECISIONS:
            values["precision"] = word
        elif word in _WORDS:
            values |= _WORDS[word]
        elif (match := re.fullmatch(r"(layers|tokens)-(\d{1,12})", word)) is not None:
            values[match[1]] = int(match[2])
        elif (match := re.fullmatch(rf"({_SHARES})-(\d{{1,3}})", word)) is not None:
            values[match[1]] = int(match[2]) / 100
        else:
            raise RecipeError(
                f"--rungs: {word!r} in {name!r} means nothing",
                "known: layers-N, heads-P, width-P, vocabulary-P (percent that is left), "
                f"{', '.join(_PRECISIONS)}, aware, untrained, tokens-N; e.g. "
                "--rungs int4,layers-4+int4+aware",
            )
    return values


_PRECISIONS = ("int8", "int4", "float16", "float32")
_WORDS: dict[str, dict[str, Any]] = {"aware": {"aware": True}, "untrained": {"tokens": 0}}
_SHARES = "heads|width|vocabulary"


def _plan(values: dict[str, Any], source: str) -> LadderPlan:
    try:
        return LadderPlan.model_validate(values)
    except ValidationError as error:
        raise fault(error, source, {"": LadderPlan, "rungs.": Rung}) from error
