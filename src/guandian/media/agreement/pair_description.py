"""What a folder with an encoder of pictures and one of texts says of itself."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from guandian.errors import GuandianError
from guandian.io.bounded import read_text

FILE = "pair.toml"
_Words = Annotated[str, Field(min_length=1, max_length=200)]
_Three = tuple[float, float, float]
_WORDS = "{words}"


class PairDescription(BaseModel):
    """How pictures and texts are handed to their encoders, and how vectors become a score.

    Attributes:
        name: that results bear.
        image, text, tokenizer: files of the folder: two networks and a `tokenizer.json`.
        side: pixels of the square that the picture becomes.
        fit: `crop` takes the middle after the shorter side fits, `squash` all of it.
        mean, deviation: of red, green and blue, of 1: (value - mean) / deviation goes in.
        length: pieces of a text; longer ones are cut, shorter ones padded with `pad`.
        pad: the id of the piece that pads.
        image_input, image_output: names of the network of pictures, [n, 3, side, side] to [n, d].
        text_input, mask_input, text_output: of that of texts, [n, length] to [n, d]; without a
            mask `mask_input` is empty.
        scale: cosines are multiplied by it before they are compared.
        shows: a sentence for words of a review, `{words}` in it.
        contrasts: sentences that would be true of a picture that does not show it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    name: _Words
    image: _Words = "image.onnx"
    text: _Words = "text.onnx"
    tokenizer: _Words = "tokenizer.json"
    side: Annotated[int, Field(ge=8, le=1024)] = 224
    fit: Literal["crop", "squash"] = "crop"
    mean: _Three = (0.48145466, 0.4578275, 0.40821073)
    deviation: _Three = (0.26862954, 0.26130258, 0.27577711)
    length: Annotated[int, Field(ge=2, le=4096)] = 77
    pad: Annotated[int, Field(ge=0)] = 0
    image_input: _Words = "pixel_values"
    image_output: _Words = "image_embeds"
    text_input: _Words = "input_ids"
    mask_input: str = "attention_mask"
    text_output: _Words = "text_embeds"
    scale: Annotated[float, Field(gt=0, le=1000)] = 100.0
    shows: _Words = _WORDS
    contrasts: Annotated[tuple[_Words, ...], Field(min_length=1, max_length=50)]

    @model_validator(mode="after")
    def _usable(self) -> Self:
        if _WORDS not in self.shows:
            raise ValueError("shows needs {words}, where the review's words go")
        if min(self.deviation) <= 0:
            raise ValueError("deviation takes numbers above 0")
        for name in (self.image, self.text, self.tokenizer):
            if Path(name).name != name:
                raise ValueError(f"{name!r} is no file of the folder itself")
        return self

    def sentence(self, words: str) -> str:
        """What is asked of a picture for some words."""
        return self.shows.replace(_WORDS, words)


def read_pair_description(folder: Path) -> PairDescription:
    """Read the `pair.toml` of a folder.

    Raises:
        GuandianError: it is missing, no TOML, or a key is unknown, missing or of another kind.
    """
    path = folder / FILE
    if not path.is_file():
        raise GuandianError(
            f"{folder} holds no {FILE}", "write one beside the two networks: see docs/media.md"
        )
    try:
        return PairDescription.model_validate(tomllib.loads(read_text(path)))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise GuandianError(f"{path} is no TOML: {error}", "see docs/media.md") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(map(str, first["loc"])) or "the file"
        raise GuandianError(f"{path}: {key}: {first['msg']}", "see docs/media.md") from error
