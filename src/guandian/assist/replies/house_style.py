"""How a shop writes: one small typed file, closed, so that a misspelt key is told."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from guandian.assist.replies.guards import check_reply
from guandian.errors import GuandianError, called_for, reason
from guandian.io.bounded import read_text

Tone = Literal["warm", "plain", "formal"]


class HouseStyle(BaseModel):
    """The house style of replies.

    Attributes:
        version: of this format.
        tone: how greetings and closings sound.
        address: how a Chinese customer is spoken to.
        signature: the end of each reply, such as `小满家`; empty for none.
        sentences: most sentences of a public answer, greeting and signature aside.
        avoid: words that no draft holds, in capitals or small letters.
        other_language: of a reply to a review that is neither Chinese nor English.
        seed: other numbers choose other sentences.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    version: Literal[1] = 1
    tone: Tone = "warm"
    address: Literal["您", "你"] = "您"
    signature: str = Field("", max_length=40)
    sentences: int = Field(4, ge=2, le=6)
    avoid: tuple[str, ...] = Field((), max_length=200)
    other_language: Literal["zh", "en"] = "en"
    seed: int = Field(0, ge=0)

    def avoids(self, text: str) -> bool:
        """Whether a text holds a word that no draft shall hold."""
        folded = text.casefold()
        return any(word.casefold() in folded for word in self.avoid)

    @field_validator("avoid", mode="before")
    @classmethod
    def _listed(cls, words: object) -> object:
        return tuple(words) if isinstance(words, list) else words

    @field_validator("avoid")
    @classmethod
    def _says_something(cls, words: tuple[str, ...]) -> tuple[str, ...]:
        if not all(word.strip() for word in words):
            raise ValueError("a word to avoid has a letter at least")
        return words


def read_style(path: Path | None) -> HouseStyle:
    """Read a house style from a TOML file; None gives the default.

    Raises:
        GuandianError: the file cannot be read, has an unknown key or a wrong value, or its
            signature breaks a guard.
    """
    if path is None:
        return HouseStyle()
    try:
        style = HouseStyle(**tomllib.loads(read_text(path)))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise GuandianError(f"{path} cannot be read: {reason(error)}", "mend the file") from error
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        known = ", ".join(HouseStyle.model_fields)
        raise GuandianError(
            f"{path}: {field}: {called_for(first)}", f"a house style has: {known}"
        ) from error
    violations = check_reply(style.signature)
    if violations:
        raise GuandianError(
            f"{path}: signature: {violations[0].why}: {violations[0].words}",
            "sign with the name of the shop alone",
        )
    return style
