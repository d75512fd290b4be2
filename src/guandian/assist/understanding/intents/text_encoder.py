"""Messages as vectors by an ONNX encoder that was tuned for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from guandian.bundle import Bundle
from guandian.engine import Engine
from guandian.errors import BundleError
from guandian.text.cleaning import clean
from guandian.text.pieces import Pieces

MEANS = "means"
"""The output of a tuned encoder's network: the mean of the last hidden states [B, H]."""
MOST_TOKENS = 128
"""Of a message at once, special tokens included; a longer one is read in parts of as many."""
_BATCH_TOKENS = 2048


@dataclass(frozen=True, slots=True)
class Subwords:
    """A tokenizer's own subwords, as the encoder was pretrained on them.

    Attributes:
        tokenizer: without a limit and without padding.
        prefix: what stands before each text.
        first: the id of the token before a text.
        last: the id of the token behind it.
    """

    tokenizer: Tokenizer
    prefix: str
    first: int
    last: int

    @classmethod
    def read(cls, path: Path, prefix: str) -> Subwords:
        """Read a `tokenizer.json`.

        Raises:
            GuandianError: it is no tokenizer, or has no first and last token.
        """
        pieces = Pieces.from_file(path)  # refuses what is none
        tokenizer = Tokenizer.from_file(str(path))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        # What looks like a special token in somebody's message is text.
        tokenizer.encode_special_tokens = True
        return cls(tokenizer, prefix, pieces.cls_id, pieces.sep_id)

    def ids(self, text: str) -> list[int]:
        """The token ids of a clean text without special tokens."""
        encoded = self.tokenizer.encode(self.prefix + text, add_special_tokens=False)
        return list(encoded.ids)

    def pieces(self, word: str) -> int:
        """In how many parts a word in small letters is known."""
        return len(self.tokenizer.encode(word, add_special_tokens=False).ids)

    def framed(self, ids: Sequence[int]) -> list[int]:
        """Token ids with the first and the last token around them."""
        return [self.first, *ids, self.last]


@dataclass(frozen=True, slots=True)
class MessageEncoder:
    """Turns messages into vectors; may be used by several threads at once.

    Attributes:
        run: equally long token ids [B, N], special tokens included, to means [B, H].
        tokens: how texts become tokens.
    """

    run: Callable[[NDArray[np.int64]], NDArray[np.float32]]
    tokens: Subwords

    @classmethod
    def open(cls, bundle: Bundle, prefix: str = "", threads: int = 1) -> MessageEncoder:
        """Open the tuned encoder of a bundle.

        Args:
            bundle: already checked by `Bundle.open`.
            prefix: what stands before each text, such as `query: `.
            threads: of one call.

        Raises:
            BundleError: the network cannot be loaded, or gives no vectors of texts.
        """
        engine = Engine.open(bundle, threads)
        if MEANS not in engine.outputs:
            raise BundleError(
                f"{bundle.path} gives no vectors of texts: {bundle.manifest.id} is another kind",
                "name a folder that `guandian assist train --intents` wrote",
            )
        tokens = Subwords.read(bundle.tokenizer, prefix)
        return cls(lambda ids: engine.run(ids)[MEANS], tokens)

    def vectors(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Vectors [T, H] of raw texts; of a text in parts their mean by length.

        Independent of order and of batch mates. A text without tokens has the vector of none.
        """
        room = MOST_TOKENS - 2
        parts: list[tuple[int, list[int]]] = []
        for number, text in enumerate(texts):
            ids = self.tokens.ids(clean(text)[0])
            cuts = range(0, max(len(ids), 1), room)
            parts += [(number, ids[start : start + room]) for start in cuts]
        sums: dict[int, NDArray[np.float64]] = {}
        lengths: dict[int, int] = {}
        for batch in _batches(parts):
            means = self.run(np.array([self.tokens.framed(ids) for _, ids in batch]))
            for (number, ids), mean in zip(batch, means, strict=True):
                weight = max(1, len(ids))
                sums[number] = sums.get(number, 0.0) + weight * mean.astype(np.float64)
                lengths[number] = lengths.get(number, 0) + weight
        if not texts:
            raise ValueError("no texts: nothing tells how wide their vectors are")
        return np.stack([sums[number] / lengths[number] for number in range(len(texts))])


def _batches(parts: list[tuple[int, list[int]]]) -> list[list[tuple[int, list[int]]]]:
    """Parts of one length together, so that no answer depends on padding."""
    batches: list[list[tuple[int, list[int]]]] = []
    for part in sorted(parts, key=lambda part: len(part[1])):
        length = len(part[1])
        room = max(1, _BATCH_TOKENS // (length + 2))
        if not batches or len(batches[-1][0][1]) != length or len(batches[-1]) >= room:
            batches.append([])
        batches[-1].append(part)
    return batches
