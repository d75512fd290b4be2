"""Words whose presence changes a sentiment in every domain, found by taking them out of texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class WordEffect:
    """What taking a word out of texts changes.

    Attributes:
        word: a run of characters.
        correlation: its share among texts that praise minus that among those that complain.
        effects: by domain, the mean drop of the probability of praise when it is taken out.
        causal: whether the effects have one sign, that of the correlation, in nearly all domains.
    """

    word: str
    correlation: float
    effects: dict[str, float]
    causal: bool


@dataclass(frozen=True, slots=True)
class InterventionSettings:
    """How words are tried.

    Attributes:
        lengths: of the runs of characters that are words, shortest and longest.
        words: so many of the most correlated ones are tried.
        least: texts that a word stands in.
        texts: of a domain, from which a word is taken out.
        agreeing: share of the domains that must have the sign of the correlation.
        effect: the least mean effect, as a probability.
        seed: of the drawn texts.
    """

    lengths: tuple[int, int] = (1, 3)
    words: int = 60
    least: int = 20
    texts: int = 2
    agreeing: float = 0.8
    effect: float = 0.005
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Intervention:
    """One text with and without one word: what a model is to be asked."""

    word: str
    domain: str
    text: str
    without: str


def correlated_words(
    texts: Sequence[str], praised: NDArray[np.bool_], settings: InterventionSettings
) -> dict[str, float]:
    """The words that stand in texts of one sentiment most, by how far: what is correlated alone.

    Args:
        texts: of all domains.
        praised: bool [T], whether each praises.
        settings: which words are tried.
    """
    by_sentiment: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
    for text, praises in zip(texts, praised, strict=True):
        by_sentiment[bool(praises)].update(_runs(text, settings.lengths))
    sizes = {True: max(int(praised.sum()), 1), False: max(int((~praised).sum()), 1)}
    everything = by_sentiment[True] + by_sentiment[False]
    apart = {
        word: by_sentiment[True][word] / sizes[True] - by_sentiment[False][word] / sizes[False]
        for word, count in everything.items()
        if count >= settings.least
    }
    strongest = sorted(apart, key=lambda word: (-abs(apart[word]), word))[: settings.words]
    return {word: apart[word] for word in strongest}


def interventions(
    texts: Sequence[str],
    domains: Sequence[str],
    words: Iterable[str],
    settings: InterventionSettings,
) -> list[Intervention]:
    """The texts of each domain from which each word is taken out, drawn by the seed.

    The mean of `do(without the word)` over texts that have it is its effect on the treated (Pearl
    2009; of words in texts: Wang and Culotta 2020, arXiv:2010.02458).

    Args:
        texts: of all domains.
        domains: [T], of each.
        words: to try.
        settings: of how many texts.
    """
    # By a hash, not by places: the same text is drawn whatever stands beside it.
    salt = str(settings.seed).encode()[:16]
    drawn_order = sorted(
        set(zip(texts, domains, strict=True)),
        key=lambda row: blake2b(row[0].encode(errors="replace"), salt=salt).digest(),
    )
    by_domain: dict[str, list[str]] = {}
    for text, domain in drawn_order:
        by_domain.setdefault(domain, []).append(text)
    tries = []
    for word in words:
        for domain, rows in sorted(by_domain.items()):
            holding = [text for text in rows if word in text][: settings.texts]
            tries += [Intervention(word, domain, text, text.replace(word, "")) for text in holding]
    return tries


def word_effects(
    tries: Sequence[Intervention],
    praise: NDArray[np.float64],
    praise_without: NDArray[np.float64],
    correlations: dict[str, float],
    settings: InterventionSettings,
) -> list[WordEffect]:
    """Which words are causes, by a model's answers to the texts with and without them.

    Args:
        tries: as `interventions` gives them.
        praise: [I], the model's probability of praise of each text as it is.
        praise_without: likewise without the word.
        correlations: as `correlated_words` gives them.
        settings: what counts as an effect.
    """
    drops: dict[str, dict[str, list[float]]] = {word: {} for word in correlations}
    for attempt, before, after in zip(tries, praise, praise_without, strict=True):
        drops[attempt.word].setdefault(attempt.domain, []).append(float(before - after))
    effects_found = []
    for word, correlation in correlations.items():
        effects = {domain: float(np.mean(values)) for domain, values in drops[word].items()}
        sign = 1 if correlation > 0 else -1
        agreeing = [sign * effect > 0 for effect in effects.values()]
        causal = (
            bool(agreeing)
            and float(np.mean(agreeing)) >= settings.agreeing
            and sign * float(np.mean([*effects.values()])) >= settings.effect
        )
        effects_found.append(WordEffect(word, correlation, effects, causal))
    return effects_found


def presence(texts: Sequence[str], words: Sequence[str]) -> NDArray[np.float64]:
    """Which words stand in which texts, 0 or 1 [T, W]."""
    return np.array([[word in text for word in words] for text in texts], dtype=np.float64).reshape(
        len(texts), len(words)
    )


def _runs(text: str, lengths: tuple[int, int]) -> set[str]:
    """Every run of letters of these lengths; what spans a mark or a blank is no word."""
    runs = set()
    for size in range(lengths[0], lengths[1] + 1):
        for start in range(len(text) - size + 1):
            run = text[start : start + size]
            if all("\u4e00" <= letter <= "\u9fff" for letter in run):
                runs.add(run)
    return runs
