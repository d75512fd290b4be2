"""Settings of a kind of vectors, as the command line gives them: `min_df=2`."""

from __future__ import annotations

from collections.abc import Sequence
from inspect import signature
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from guandian.errors import GuandianError, called_for, likely
from guandian.recipes.toml_text import key_value
from guandian.vectors.registry import KINDS

_Count = Annotated[int, Field(ge=1, strict=True)]
SETTINGS: dict[str, Any] = {
    "analyzer": Literal["words", "characters"],
    "ngram_range": tuple[_Count, _Count],
    "min_df": _Count,
    "max_features": _Count,
    "vector_size": Annotated[int, Field(ge=1, le=4096, strict=True)],
    "window": Annotated[int, Field(ge=1, le=1000, strict=True)],
    "min_count": _Count,
    "epochs": Annotated[int, Field(ge=1, le=10_000, strict=True)],
    "seed": Annotated[int, Field(ge=0, le=2**32 - 1, strict=True)],
    "weighting": Literal["mean", "tfidf"],
    "max_tokens": Annotated[int, Field(ge=66, le=512, strict=True)],
}
"""The type of each argument that `--set` may set; what names files has options of its own."""


def settings_of(kind: str) -> list[str]:
    """The settings that a kind of vectors takes."""
    return [name for name in signature(KINDS[kind]).parameters if name in SETTINGS]


def read_settings(kind: str, options: Sequence[str]) -> dict[str, Any]:
    """Arguments of a kind of vectors.

    Args:
        kind: a key of `KINDS`.
        options: `key=value` each, the value as in TOML or plain words.

    Raises:
        GuandianError: an unknown key, one of another kind, or a value that it does not take.
    """
    settings: dict[str, Any] = {}
    allowed = settings_of(kind)
    for option in options:
        key, value = key_value(option)
        if key not in allowed:
            raise GuandianError(
                f"vectors of the kind {kind} know no --set {key}",
                f"{likely(key, allowed)}the kind takes --set {', '.join(allowed)}"
                if allowed
                else f"leave out --set {key}",
            )
        try:
            settings[key] = TypeAdapter(SETTINGS[key]).validate_python(value)
        except ValidationError as error:
            raise GuandianError(
                f"--set {key} takes {called_for(error.errors()[0])}, got {value!r}",
                f"see `guandian vectorise --help` for what {key} takes",
            ) from error
    return settings
