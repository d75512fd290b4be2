"""The file by which a person names a language model."""

from __future__ import annotations

import tomllib
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, ValidationError, model_validator

from guandian.chat.endpoint import AnswerForm
from guandian.errors import GuandianError
from guandian.io.bounded import read_text, read_whole
from guandian.recipes.sections import Closed, Word
from guandian.recipes.value_errors import fault

ENDING = ".toml"
_OF_ANSWERS = {"model", "temperature", "max_tokens", "votes", "shots", "prompt", "apart"}
_Natural = Annotated[int, Field(ge=1, le=1_000_000_000)]
_Price = Annotated[float, Field(ge=0)]


class SpendingLimit(Closed):
    """The table `budget`: what one run may cost at most, and what tokens cost."""

    tokens: _Natural | None = None
    money: Annotated[float, Field(gt=0)] | None = None
    prompt_price: _Price = 0.0
    answer_price: _Price = 0.0

    @model_validator(mode="after")
    def _priced(self) -> Self:
        if self.money is not None and not self.prompt_price and not self.answer_price:
            raise ValueError("money needs prompt_price or answer_price, of a million tokens")
        return self


class Checker(Closed):
    """The table `checker`: one of our models, which sees a language model's opinions too or not.

    Attributes:
        model: a bundle's folder, or the name of a shipped one.
        least: its confidence from which an opinion is out of doubt.
        doubtful: what becomes of an opinion below: `mark` gives it the checker's confidence and
            counts it in the review's warnings, `drop` leaves it out and counts it.
    """

    model: Word = "guandian-small"
    least: Annotated[float, Field(gt=0, lt=1)] = 0.2
    doubtful: Literal["mark", "drop"] = "mark"


class LanguageModel(Closed):
    """A language model, where it is, and how it is asked.

    Attributes:
        model: its name: the endpoint's own, and the one that results bear.
        endpoint: the address of an OpenAI-compatible interface.
        gguf: a file of weights that xllamacpp opens in this process.
        folder: a folder that transformers opens in this process.
        key_variable: the environment variable with the endpoint's key.
        form: how far the endpoint holds answers to a schema.
        temperature, max_tokens: of an answer.
        votes: how often each review is asked; opinions of fewer than half are dropped.
        parallel: requests at the same time.
        threads: of a model in this process.
        context: tokens that a model in this process reads at once.
        timeout, retries: of one request, seconds, and after failures that may pass.
        examples: labelled reviews in the project's format; the likest are shown with each review.
        shots: how many of them.
        prompt: its language; `review` takes that of each review.
        apart: each sentence is asked about by itself: no other one can change its answer.
        cache: a folder in which answers are kept.
        budget: what a run may cost.
        checker: who checks what it finds, if anyone.
    """

    model: Word
    endpoint: Word | None = None
    gguf: Path | None = None
    folder: Path | None = None
    key_variable: Word | None = None
    form: AnswerForm = "json_schema"
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    max_tokens: Annotated[int, Field(ge=16, le=32_768)] = 1024
    votes: Annotated[int, Field(ge=1, le=25)] = 1
    parallel: Annotated[int, Field(ge=1, le=256)] = 4
    threads: Annotated[int, Field(ge=1, le=256)] = 2
    context: Annotated[int, Field(ge=512, le=1_048_576)] = 8192
    timeout: Annotated[float, Field(gt=0, le=3600)] = 120.0
    retries: Annotated[int, Field(ge=0, le=20)] = 4
    examples: Path | None = None
    shots: Annotated[int, Field(ge=0, le=32)] = 4
    prompt: Literal["review", "zh", "en"] = "review"
    apart: bool = False
    cache: Path | None = None
    budget: SpendingLimit = SpendingLimit()
    checker: Checker | None = None

    @model_validator(mode="after")
    def _in_one_place(self) -> Self:
        sources = (self.endpoint, self.gguf, self.folder)
        if sum(source is not None for source in sources) != 1:
            raise ValueError("name one of endpoint, gguf and folder")
        bounded = self.budget.tokens is not None or self.budget.money is not None
        if bounded and self.cache is None:
            raise ValueError("budget needs cache: what was paid for would be asked anew")
        if self.votes > 1 and self.temperature == 0:
            raise ValueError("votes at temperature 0 are all alike: raise it, or leave votes out")
        return self

    @property
    def sampled_at(self) -> float:
        """The temperature: 0 where one answer is asked for and none is named, 0.7 for votes."""
        if self.temperature is not None:
            return self.temperature
        return 0.0 if self.votes == 1 else 0.7

    def digest(self) -> str:
        """A name for all that answers depend on: what is asked how, the examples, the source."""
        content = self.model_dump_json(include=_OF_ANSWERS)
        digest = sha256(f"{content} {self.source()}".encode())
        if self.examples is not None:
            digest.update(read_whole(self.examples))
        return digest.hexdigest()[:32]

    def source(self) -> str:
        """Who answers: an address and its form, or weights by their names, sizes and times."""
        if self.endpoint is not None:
            return f"{self.endpoint} {self.form}"
        files = [self.gguf] if self.gguf is not None else sorted((self.folder or Path()).rglob("*"))
        states = [
            f"{file.name} {state.st_size} {state.st_mtime_ns}"
            for file in files
            if file.is_file()
            for state in [file.stat()]
        ]
        return f"{self.context} {' '.join(states)}"


_TABLES: dict[str, type[BaseModel]] = {
    "": LanguageModel,
    "budget.": SpendingLimit,
    "checker.": Checker,
}


def read_description(path: Path) -> LanguageModel:
    """Read the description of a language model; paths in it are seen from its folder.

    Raises:
        GuandianError: no TOML, an unknown key, a value of another kind, a file that is not there.
    """
    try:
        table = tomllib.loads(read_text(path))
    except tomllib.TOMLDecodeError as error:
        raise GuandianError(
            f"{path} is no TOML: {error}", "see docs/llm.md for an example"
        ) from error
    try:
        read = LanguageModel.model_validate(table)
    except ValidationError as error:
        raise fault(error, str(path), _TABLES) from error
    base = path.parent
    paths = ("gguf", "folder", "examples", "cache")
    placed = {name: base / value for name in paths if (value := getattr(read, name)) is not None}
    for name in ("gguf", "folder", "examples"):
        if name in placed and not placed[name].exists():
            raise GuandianError(
                f"{path}: {name} is {str(getattr(read, name))!r}, and nothing is there",
                f"paths are seen from {base}",
            )
    return read.model_copy(update=placed)
