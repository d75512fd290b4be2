"""Words that tell a sentiment, looked up in texts: the longest counts, where words overlap."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from guandian.domain import Polarity


class SentimentLexicon:
    """Words of each sentiment; those in Latin letters stand apart from others, in any case.

    Of words that overlap the longest counts, so that `不满意` is not `满意`.

    Args:
        words: of each sentiment; one word at least.
    """

    def __init__(self, words: Mapping[Polarity, Iterable[str]]) -> None:
        meant = {word.casefold(): polarity for polarity in words for word in words[polarity]}
        longest_first = sorted(meant, key=len, reverse=True)
        self._meant = meant
        self._pattern = re.compile("|".join(map(_alone, longest_first)), re.IGNORECASE)

    def polarities(self, text: str) -> set[Polarity]:
        """Every sentiment of which a word stands in the text."""
        return {self._meant[match.casefold()] for match in self._pattern.findall(text)}

    def without(self, text: str) -> str:
        """The text with a blank in place of each of the words."""
        return self._pattern.sub(" ", text)


def _alone(word: str) -> str:
    """A pattern for a word; one in Latin letters does not match within another."""
    return rf"(?<![a-z0-9]){re.escape(word)}(?![a-z0-9])" if word.isascii() else re.escape(word)
