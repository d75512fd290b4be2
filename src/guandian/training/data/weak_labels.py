"""Texts that words in them label in place of people."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from guandian.domain import Labelled, Polarity
from guandian.recipes.sections import SentimentWords


def label_by_words(words: SentimentWords, records: Sequence[Labelled]) -> list[Labelled]:
    """The texts with seed words of one sentiment alone, without these words.

    Who learns such labels from the whole text learns the words; without them it must learn what
    else the text says (Dong et al. 2023, arXiv:2305.14794). Where words overlap the longest one
    counts, so that `不满意` is not `满意`; words in Latin letters stand apart from other letters,
    their case does not count.

    Args:
        words: of each sentiment.
        records: what people labelled in them is not looked at.
    """
    meant = {
        word.casefold(): polarity for polarity in Polarity for word in getattr(words, polarity)
    }
    pattern = re.compile("|".join(map(_alone, sorted(meant, key=len, reverse=True))), re.IGNORECASE)
    labelled = []
    for record in records:
        polarities = {meant[match.casefold()] for match in pattern.findall(record.text)}
        rest = pattern.sub(" ", record.text)
        if len(polarities) == 1 and rest.strip():
            labelled.append(
                replace(
                    record,
                    text=rest,
                    original=record.original or record.text,
                    quads=None,
                    sentiment=polarities.pop(),
                    entities=None,
                    entity_types=(),
                    labels={},
                )
            )
    return labelled


def _alone(word: str) -> str:
    """A pattern for a word; one in Latin letters does not match within another."""
    return rf"(?<![a-z0-9]){re.escape(word)}(?![a-z0-9])" if word.isascii() else re.escape(word)
