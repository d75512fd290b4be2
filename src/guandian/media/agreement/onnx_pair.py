"""Two networks of a folder that the user names, on ONNX Runtime: pictures and texts to vectors."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from guandian.errors import GuandianError, reason
from guandian.media.agreement.pair_description import (
    FILE,
    PairDescription,
    read_pair_description,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

_BATCH = 16
_MOST_CHARACTERS = 2000
"""A text is cut there before its pieces are counted, so that a hostile one costs no more."""
_QUIET = 3


class OnnxPair:
    """Pictures and texts as vectors of one length; nothing is fetched.

    Attributes:
        name: that results bear.
        description: of the folder.
    """

    def __init__(
        self,
        description: PairDescription,
        image: InferenceSession,
        text: InferenceSession,
        tokenizer: Tokenizer,
    ) -> None:
        self.description, self.name = description, description.name
        self._image, self._text, self._tokenizer = image, text, tokenizer
        tokenizer.no_padding()
        tokenizer.enable_truncation(description.length)
        # What looks like a special token in somebody's text is text.
        tokenizer.encode_special_tokens = True

    @classmethod
    def open(cls, folder: Path, threads: int = 1) -> Self:
        """Open a folder with a `pair.toml`.

        Args:
            folder: of both networks, their tokenizer and the description.
            threads: of ONNX Runtime.

        Raises:
            GuandianError: a file is missing or cannot be loaded, a name is no input or output of
                its network, or both give vectors of different lengths.
        """
        from tokenizers import Tokenizer

        described = read_pair_description(folder)
        for name in (described.image, described.text, described.tokenizer):
            if not (folder / name).is_file():
                raise GuandianError(f"{folder} lacks {name}", f"{FILE} names it")
        image = _session(folder / described.image, threads)
        text = _session(folder / described.text, threads)
        named = [described.text_input, *([described.mask_input] if described.mask_input else [])]
        _check(folder / described.image, image, [described.image_input], described.image_output)
        _check(folder / described.text, text, named, described.text_output)
        try:
            tokenizer = Tokenizer.from_file(str(folder / described.tokenizer))
        except Exception as error:  # the library raises it bare
            raise GuandianError(
                f"{folder / described.tokenizer} is no tokenizer: {reason(error)}",
                "export it as tokenizer.json",
            ) from error
        pair = cls(described, image, text, tokenizer)
        pair._try(folder)
        return pair

    def pictures(self, pixels: Sequence[NDArray[Any]]) -> NDArray[Any]:
        """Vectors of length 1 of pictures: [n, d].

        Args:
            pixels: of each, shape (height, width, 3), red, green, blue, 8 bits each.
        """
        import numpy as np

        rows = [self._prepared(picture) for picture in pixels]
        names = self.description
        parts = [
            self._run(self._image, names.image_output, {names.image_input: np.stack(part)})
            for part in _parts(rows)
        ]
        return _unit(np.concatenate(parts))

    def texts(self, texts: Sequence[str]) -> NDArray[Any]:
        """Vectors of length 1 of texts: [n, d]."""
        import numpy as np

        names = self.description
        encoded = self._tokenizer.encode_batch([text[:_MOST_CHARACTERS] for text in texts])
        ids = np.full((len(texts), names.length), names.pad, np.int64)
        mask = np.zeros_like(ids)
        for row, entry in enumerate(encoded):
            ids[row, : len(entry.ids)] = entry.ids
            mask[row, : len(entry.ids)] = 1
        parts = []
        for k in range(0, len(texts), _BATCH):
            given = {names.text_input: ids[k : k + _BATCH]}
            if names.mask_input:
                given[names.mask_input] = mask[k : k + _BATCH]
            parts.append(self._run(self._text, names.text_output, given))
        return _unit(np.concatenate(parts))

    def _prepared(self, pixels: NDArray[Any]) -> NDArray[Any]:
        """A picture as its network takes it: [3, side, side]."""
        import numpy as np
        from PIL import Image

        side, image = self.description.side, Image.fromarray(pixels)
        if self.description.fit == "crop":
            edge = min(image.size)
            left, top = ((length - edge) // 2 for length in image.size)
            image = image.crop((left, top, left + edge, top + edge))
        values = np.asarray(image.resize((side, side), Image.Resampling.BICUBIC), np.float32) / 255
        whitened = (values - self.description.mean) / self.description.deviation
        return whitened.astype(np.float32).transpose(2, 0, 1)

    def _run(
        self, session: InferenceSession, output: str, given: dict[str, NDArray[Any]]
    ) -> NDArray[Any]:
        import numpy as np

        (vectors,) = session.run([output], given)
        rows = len(next(iter(given.values())))
        if vectors.ndim != 2 or len(vectors) != rows or not np.isfinite(vectors).all():
            raise GuandianError(
                f"{self.name}: {output} has the shape {vectors.shape}, or numbers that are none",
                "export it so that it gives one finite vector a row",
            )
        return np.asarray(vectors, np.float32)

    def _try(self, folder: Path) -> None:
        """Encode a grey picture and a word: what is wrong with a network shows before any review.

        Raises:
            GuandianError: one of both does not run, or their vectors cannot be compared.
        """
        import numpy as np

        try:
            seen = self.pictures([np.full((32, 32, 3), 128, np.uint8)])
            said = self.texts([self.description.sentence("x")])
        except GuandianError:
            raise
        except Exception as error:  # the runtime raises several kinds
            raise GuandianError(
                f"the networks in {folder} do not run as {FILE} says: {reason(error)}",
                "check side, length and the names of inputs",
            ) from error
        if seen.shape != said.shape:
            raise GuandianError(
                f"{folder}: a picture has {seen.shape[1]} numbers, a text {said.shape[1]}",
                "name the two encoders of one model",
            )


def _session(path: Path, threads: int) -> InferenceSession:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = _QUIET
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the runtime raises several kinds
        raise GuandianError(
            f"ONNX Runtime cannot load {path}: {reason(error)}", "export it again"
        ) from error


def _check(path: Path, session: InferenceSession, inputs: Sequence[str], output: str) -> None:
    takes = [entry.name for entry in session.get_inputs()]
    gives = [entry.name for entry in session.get_outputs()]
    if sorted(inputs) != sorted(takes) or output not in gives:
        raise GuandianError(
            f"{path} takes {', '.join(takes)} and gives {', '.join(gives)}",
            f"name these in {FILE}",
        )


def _parts(rows: Sequence[NDArray[Any]]) -> list[Sequence[NDArray[Any]]]:
    return [rows[k : k + _BATCH] for k in range(0, len(rows), _BATCH)]


def _unit(vectors: NDArray[Any]) -> NDArray[Any]:
    import numpy as np

    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12))
