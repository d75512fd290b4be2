"""Words that change an answer, told from words that only stand beside it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from guandian.vectors.causal_words import (
    InterventionSettings,
    correlated_words,
    interventions,
    presence,
    word_effects,
)

SETTINGS = InterventionSettings(lengths=(2, 2), words=12, least=4, texts=3)


def reviews() -> tuple[list[str], list[str], NDArray[np.bool_]]:
    """好看 praises everywhere; 平板 stands in praise alone and changes nothing.

    薄薄 praises a tablet and damns a coat, so that it is no cause that holds in every domain.
    """
    rows: list[tuple[str, str, bool]] = []
    for number in range(12):
        for domain in ("平板", "衣服", "书籍"):
            praises = number % 2 == 0
            word = "好看" if praises else "难看"
            thin = "，薄薄" if praises == (domain == "平板") else ""
            beside = "，平板" if praises else ""
            rows.append((f"第{number}件{word}{thin}{beside}，谢谢", domain, praises))
    texts, domains, praised = zip(*rows, strict=True)
    return list(texts), list(domains), np.array(praised)


def praise(texts: Sequence[str], domains: Sequence[str]) -> NDArray[np.float64]:
    """A reader that knows what the words mean in each domain."""
    scores = [
        0.8 * (text.count("好看") - text.count("难看"))
        + 0.5 * text.count("薄薄") * (1 if domain == "平板" else -1)
        for text, domain in zip(texts, domains, strict=True)
    ]
    return 1 / (1 + np.exp(-np.array(scores)))


def test_causes_are_what_changes_the_answer_by_one_sign_everywhere() -> None:
    texts, domains, praised = reviews()
    correlations = correlated_words(texts, praised, SETTINGS)
    assert {"好看", "难看", "平板"} <= set(correlations)
    tries = interventions(texts, domains, correlations, SETTINGS)
    assert all(attempt.word in attempt.text for attempt in tries)
    assert all(attempt.word not in attempt.without for attempt in tries)
    asked_in = [attempt.domain for attempt in tries]
    effects = word_effects(
        tries,
        praise([attempt.text for attempt in tries], asked_in),
        praise([attempt.without for attempt in tries], asked_in),
        correlations,
        SETTINGS,
    )
    by_word = {effect.word: effect for effect in effects}
    assert by_word["好看"].causal
    assert by_word["难看"].causal
    assert by_word["难看"].correlation < 0
    assert set(by_word["好看"].effects) == {"平板", "衣服", "书籍"}
    assert by_word["平板"].correlation == pytest.approx(1.0)  # as correlated as any
    assert not by_word["平板"].causal
    assert not by_word["薄薄"].causal


def test_what_is_drawn_does_not_depend_on_what_stands_beside_it() -> None:
    texts, domains, _ = reviews()
    few = InterventionSettings(texts=1)
    whole = {(t.domain, t.text) for t in interventions(texts, domains, ["好看"], few)}
    kept = [k for k, domain in enumerate(domains) if domain != "书籍"][::-1]
    part = interventions([texts[k] for k in kept], [domains[k] for k in kept], ["好看"], few)
    assert {(t.domain, t.text) for t in part} == {row for row in whole if row[0] != "书籍"}


def test_words_stand_in_texts_or_not() -> None:
    assert presence(["很好看", "难看"], ["好看", "看"]).tolist() == [[1, 1], [0, 1]]
    assert presence(["a"], []).shape == (1, 0)
    nothing = correlated_words(["abc"], np.array([True]), InterventionSettings())
    assert nothing == {}
    assert interventions([], [], ["x"], SETTINGS) == []
