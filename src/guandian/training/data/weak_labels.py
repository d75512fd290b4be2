"""Texts that words in them label in place of people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from guandian.data.sentiment_words import SentimentLexicon
from guandian.domain import Labelled, Polarity
from guandian.recipes.sections import SentimentWords


def label_by_words(words: SentimentWords, records: Sequence[Labelled]) -> list[Labelled]:
    """The texts with seed words of one sentiment alone, without these words.

    Who learns such labels from the whole text learns the words; without them it must learn what
    else the text says (Dong et al. 2023, arXiv:2305.14794).

    Args:
        words: of each sentiment.
        records: what people labelled in them is not looked at.
    """
    lexicon = SentimentLexicon({polarity: getattr(words, polarity) for polarity in Polarity})
    labelled = []
    for record in records:
        polarities, rest = lexicon.polarities(record.text), lexicon.without(record.text)
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
