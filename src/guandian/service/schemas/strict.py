"""The manner of all schemas: closed, and with plain numbers alone."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


class Incoming(BaseModel):
    """Something that refuses names that it does not know."""

    model_config = ConfigDict(extra="forbid")


class Outgoing(BaseModel):
    """Something that the service gives; later versions may add names to it."""

    model_config = ConfigDict(extra="allow")


def plain_number(value: object) -> object:
    """Refuse what only Python takes for a number: `1_000`."""
    if isinstance(value, str) and not (value.isascii() and value.lstrip("+-").isdecimal()):
        raise ValueError("takes a whole number")
    return value


Words = Annotated[str, Field(pattern=r"^[^\x00]*$")]
"""A text without the character that no data base takes."""
Whole = Annotated[int, BeforeValidator(plain_number)]
