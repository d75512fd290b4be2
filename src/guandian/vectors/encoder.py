"""A text as the mean of an encoder's hidden states."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from guandian.errors import GuandianError
from guandian.text.windows import equal_batches, window_ids, windows
from guandian.vectors.file_format import checked
from guandian.vectors.vectoriser import Matrix, Vectoriser, several
from guandian.vectors.vocabulary import cleaned

if TYPE_CHECKING:
    from guandian.modeling.encoders.hidden_states import EncoderStates

_AT_ONCE = 512
"""Texts that are sorted by length together."""
_PROBE = "屏幕很清晰，但是电池不耐用😀。 The keyboard is great but it weighs a ton."


class EncoderMeans(Vectoriser):
    """The mean of a pretrained encoder's last hidden states over the tokens of a text.

    A long text is read in overlapping windows; each of its tokens counts once, special tokens do
    not. Needs torch (the extra `train`).

    Args:
        model: `guandian-small`, the folder of an encoder or of a bundle, or a Hugging Face id in
            the local cache. Nothing is fetched.
        max_tokens: the longest window, special tokens included.
        overlap: tokens that two neighbouring windows share.
        batch_tokens: tokens that are read at once, at most.
    """

    kind = "encoder"
    sparse = False

    def __init__(
        self,
        model: str = "guandian-small",
        max_tokens: int = 192,
        overlap: int = 32,
        batch_tokens: int = 2048,
    ) -> None:
        self.model = model
        self.max_tokens = max_tokens
        self.overlap = overlap
        self.batch_tokens = batch_tokens

    def fit(self, texts: Iterable[str], y: object = None) -> Self:
        """Open the encoder; nothing is learned from the texts, and they are not read.

        Raises:
            GuandianError: when torch or the encoder is missing.
            ValueError: for one string in the place of several.
        """
        several(texts)
        self._states = self._open()
        self.probe_ = self._means(self._states, [_PROBE])[0]
        return self

    def fit_transform(self, texts: Iterable[str], y: object = None) -> Matrix:
        """Means [texts, width] as float32; errors as `fit`."""
        return self.fit(texts, y).transform(texts)

    def transform(self, texts: Iterable[str]) -> Matrix:
        """Means [texts, width] as float32.

        Raises:
            GuandianError: when the encoder is no longer there, or is no longer the same.
        """
        self._check_fitted()
        several(texts)
        states = self._opened()
        means = [self._means(states, batch) for batch in _some(texts, _AT_ONCE)]
        return np.concatenate([np.zeros((0, self.width), np.float32), *means])

    @property
    def width(self) -> int:
        """The length of a state."""
        return len(self.probe_)

    def _opened(self) -> EncoderStates:
        """The encoder; one that was named in a saved file must be the one it was."""
        if not hasattr(self, "_states"):
            states = self._open()
            probe = self._means(states, [_PROBE])[0]
            if probe.shape != self.probe_.shape or not np.allclose(probe, self.probe_, 0.01, 0.01):
                raise GuandianError(
                    f"the encoder in {self.model} is not the one that these vectors were saved of",
                    "put it back, or make all vectors anew",
                )
            self._states = states
        return self._states

    def _open(self) -> EncoderStates:
        try:
            from guandian.modeling.encoders.hidden_states import EncoderStates
        except ImportError as error:
            raise GuandianError(
                f"vectors of the kind encoder need {error.name}, which is not installed",
                "pip install 'guandian[train]'",
            ) from error
        states = EncoderStates(str(self.model))
        if states.longest and self.max_tokens > states.longest:
            raise GuandianError(
                f"{self.model} reads {states.longest} tokens at once, not {self.max_tokens}",
                f"ask for max_tokens of {states.longest} at most",
            )
        return states

    def _means(self, states: EncoderStates, texts: Sequence[str]) -> NDArray[np.float32]:
        texts = [cleaned(text) for text in texts]
        encoded = [states.pieces.encode(text) for text in texts]
        planned = [
            (index, window)
            for index, text in enumerate(texts)
            for window in windows(encoded[index], text, self.max_tokens - 2, self.overlap)
        ]
        sums: dict[int, NDArray[np.float64]] = {}
        for batch in equal_batches(planned, self.batch_tokens):
            ids = [window_ids(states.pieces, encoded[index], window) for index, window in batch]
            for (index, window), row in zip(batch, states(np.stack(ids)), strict=True):
                own = slice(window.own_start - window.start + 1, window.own_end - window.start + 1)
                sums[index] = sums.get(index, 0) + row[own].sum(axis=0, dtype=np.float64)
        width = len(next(iter(sums.values()))) if sums else self.width
        nothing = np.zeros(width)
        return np.array(
            [sums.get(k, nothing) / max(len(text_ids), 1) for k, text_ids in enumerate(encoded)],
            dtype=np.float32,
        )

    def _learned(self) -> tuple[dict[str, list[str]], dict[str, NDArray[Any]]]:
        return {}, {"probe": self.probe_}

    def _relearn(
        self,
        lists: Mapping[str, list[str]],
        arrays: Mapping[str, NDArray[Any]],
    ) -> None:
        self.probe_ = checked(arrays["probe"], arrays["probe"].shape[:1])


def _some(texts: Iterable[str], count: int) -> Iterator[list[str]]:
    rest = iter(texts)
    while batch := list(islice(rest, count)):
        yield batch
