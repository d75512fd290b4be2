"""The words that are counted: those of a text as `guandian tokenize` prints them, in lower case."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from guandian.text.cleaning import clean
from guandian.text.segmentation import JiebaSegmenter, UserWord


def cleaned(text: str) -> str:
    """The text that the words are cut from."""
    return clean(text)[0]


class Words:
    """Splits a clean text into words in lower case.

    Args:
        user_words: words that are kept together.
    """

    def __init__(self, user_words: Sequence[UserWord] = ()) -> None:
        self._user_words = tuple(user_words)

    def __call__(self, text: str) -> list[str]:
        """The words in order."""
        spans = _segmenter(self._user_words).words(text)
        return [span.of(text).lower() for span in spans]

    @property
    def notes(self) -> list[str]:
        """The user words that no text can match, see `JiebaSegmenter.notes`."""
        return _segmenter(self._user_words).notes


@lru_cache(maxsize=2)
def _segmenter(user_words: tuple[UserWord, ...]) -> JiebaSegmenter:
    """Its dictionary takes long to load and can be neither copied nor sent to another process."""
    return JiebaSegmenter(user_words)
