"""Small networks in folders that finding answers runs: texts to vectors, pairs to scores."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from guandian.engine.session import Engine
from guandian.errors import GuandianError, reason
from guandian.io.atomic import replacing_folder, telling
from guandian.io.bounded import read_text
from guandian.io.output_guard import refuse_other_folder

FORMAT = 1
MANIFEST, NETWORK, WEIGHTS, TOKENIZER = (
    "text_model.json",
    "model.onnx",
    "weights.safetensors",
    "tokenizer.json",
)
Task = Literal["vectors", "pairs"]
Floats = NDArray[np.float32]
_OUTPUTS: Mapping[Task, str] = {"vectors": "vector", "pairs": "score"}
_BATCH_TOKENS = 2048
_MOST_CHARACTERS = 4000
"""A text is cut there before its pieces are counted, so that a hostile one costs no more."""
_REPAIR = "train it again: guandian assist train --pairs"


@dataclass(frozen=True, slots=True)
class TextModelCard:
    """What a text model is.

    Attributes:
        task: `vectors` of texts, or scores of `pairs` of texts.
        name: what people call it.
        question, passage: what is written before either, as the model learned it.
        longest: pieces of a text, or of a pair, that are read.
        learned_from: the sets and the base that it was made from, with their licences or the lack.
    """

    task: Task
    name: str
    question: str = ""
    passage: str = ""
    longest: int = 256
    learned_from: tuple[str, ...] = ()


class TextModel:
    """Runs the network of a folder; an answer does not depend on its batch.

    Attributes:
        card: what it is.
        key: SHA-256 over its files; vectors that were kept belong to one key.
    """

    def __init__(self, card: TextModelCard, engine: Engine, tokenizer: Tokenizer, key: str) -> None:
        self.card, self.key = card, key
        self._engine, self._tokenizer = engine, tokenizer
        tokenizer.no_padding()
        tokenizer.enable_truncation(card.longest)
        # What looks like a special token in somebody's text is text.
        tokenizer.encode_special_tokens = True

    @classmethod
    def open(cls, folder: Path, task: Task, threads: int = 1) -> Self:
        """Open a folder, its files checked.

        Raises:
            GuandianError: it is missing, altered, of another version or for another task.
        """
        try:
            names = json.loads(read_text(folder / MANIFEST))
            if names["format"] != FORMAT:
                raise GuandianError(f"{folder} has the format {names['format']}", _REPAIR)
            fields = dict(names["card"])
            card = TextModelCard(**{**fields, "learned_from": tuple(fields["learned_from"])})
            sums = {name: str(names["sha256"][name]) for name in (NETWORK, WEIGHTS, TOKENIZER)}
            for name, digest in sums.items():
                if _digest(folder / name) != digest:
                    raise GuandianError(f"{folder / name} was altered", _REPAIR)
            tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        except GuandianError:
            raise
        except Exception as error:
            raise GuandianError(f"{folder} is no text model: {reason(error)}", _REPAIR) from error
        if card.task != task:
            raise GuandianError(
                f"{folder} gives {card.task}, not {task}", "name the folder that was meant"
            )
        engine = Engine.of_network(folder / NETWORK, threads)
        return cls(
            card, engine, tokenizer, hashlib.sha256("".join(sums.values()).encode()).hexdigest()
        )

    def run(self, inputs: Sequence[str] | Sequence[tuple[str, str]]) -> Floats:
        """What the network says of texts or pairs: [N, H] or [N]."""
        cut = [
            text[:_MOST_CHARACTERS]
            if isinstance(text, str)
            else (text[0][:_MOST_CHARACTERS], text[1][:_MOST_CHARACTERS])
            for text in inputs
        ]
        ids = [entry.ids for entry in self._tokenizer.encode_batch(cut)]
        rows: list[Any] = [None] * len(ids)
        order = sorted(range(len(ids)), key=lambda k: len(ids[k]))
        begin = 0
        while begin < len(order):
            length = len(ids[order[begin]])
            most = begin + max(1, _BATCH_TOKENS // length)
            batch = [k for k in order[begin:most] if len(ids[k]) == length]
            outputs = self._engine.run(np.array([ids[k] for k in batch], dtype=np.int64))
            for k, row in zip(batch, outputs[_OUTPUTS[self.card.task]], strict=True):
                rows[k] = row
            begin += len(batch)
        return np.stack(rows).astype(np.float32)


class RetrievalEncoder:
    """Texts as vectors of length 1.

    Args:
        model: gives `vectors`.
    """

    def __init__(self, model: TextModel) -> None:
        self._model = model
        self.key = model.key

    @classmethod
    def open(cls, folder: Path, threads: int = 1) -> Self:
        """Open the folder of a model that gives vectors; errors as `TextModel.open`."""
        return cls(TextModel.open(folder, "vectors", threads))

    def questions(self, texts: Sequence[str]) -> Floats:
        """Vectors [T, H] of what is asked."""
        return self._unit([self._model.card.question + text for text in texts])

    def passages(self, texts: Sequence[str]) -> Floats:
        """Vectors [T, H] of what is looked through."""
        return self._unit([self._model.card.passage + text for text in texts])

    def _unit(self, texts: Sequence[str]) -> Floats:
        vectors = self._model.run(texts)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors / np.maximum(lengths, 1e-12), dtype=np.float32)


class PairScorer:
    """How well passages answer a question, read together with it.

    Args:
        model: gives scores of `pairs`.
    """

    def __init__(self, model: TextModel) -> None:
        self._model = model
        self.key = model.key

    @classmethod
    def open(cls, folder: Path, threads: int = 1) -> Self:
        """Open the folder of a model that scores pairs; errors as `TextModel.open`."""
        return cls(TextModel.open(folder, "pairs", threads))

    def scores(self, question: str, passages: Sequence[str]) -> Floats:
        """Scores [P], higher where a passage fits better; logits."""
        if not passages:
            return np.zeros(0, dtype=np.float32)
        return self._model.run([(question, passage) for passage in passages])


def write_text_model(
    folder: Path, card: TextModelCard, files: Mapping[str, bytes], *, overwrite: bool = False
) -> None:
    """Write a text model; it appears whole.

    Args:
        folder: that is to appear.
        card: what it is.
        files: the contents of `model.onnx`, `weights.safetensors` and `tokenizer.json`.
        overwrite: replace a text model that stands there.

    Raises:
        GuandianError: something else stands there, or it cannot be written.
    """
    refuse_text_model_folder(folder, overwrite=overwrite)
    names = {
        "format": FORMAT,
        "card": asdict(card),
        "sha256": {name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
    }
    with telling(folder), replacing_folder(folder) as fresh:
        for name, content in files.items():
            (fresh / name).write_bytes(content)
        (fresh / MANIFEST).write_text(json.dumps(names, ensure_ascii=False, indent=1), "utf-8")


def refuse_text_model_folder(folder: Path, *, overwrite: bool) -> None:
    """Check, before the work, that a text model can be written to a folder.

    Raises:
        GuandianError: something stands there that is no text model, or one that stays.
    """
    refuse_other_folder(folder, MANIFEST, overwrite=overwrite)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
