"""Opinions of a precision that was asked for: what a model's confidence was measured to promise.

How sure an opinion must be was found on labelled reviews by `guandian promise`; here numbers are
compared alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from guandian.domain import Language, Mined, Review
from guandian.errors import GuandianError, reason
from guandian.evaluation.rightness import MEANINGS, Meaning
from guandian.io.bounded import MOST_WORDS, read_text
from guandian.mining.batching import LazyMiner, Mines, stopped
from guandian.mining.caution.familiarity import Unlike, unlike_told

FORMAT = "guandian.promises/2"
HELD_BACK = "confidence: opinions were held back for the precision that was asked for"
NO_PROMISE = "confidence: no such precision can be promised in this language; opinions held back"
_EVERY = "all"
_MEASURE = "measure them: guandian promise BUNDLE LABELLED.jsonl -o promises.json"


@dataclass(frozen=True, slots=True)
class Promise:
    """The confidence that an opinion must have for the precision that was asked for.

    Attributes:
        precision: the share of kept opinions that are right.
        meaning: of right.
        thresholds: by language, None where nothing can be promised; `all` for any other language.
        share: of the measured opinions that stay.
    """

    precision: float
    meaning: Meaning
    thresholds: Mapping[str, float | None]
    share: float

    def threshold(self, language: Language) -> float | None:
        """How sure an opinion of a review in that language must be; None: none is sure enough."""
        name = language if language in self.thresholds else _EVERY
        return self.thresholds[name]

    def keep(self, mined: Mined) -> Mined:
        """What was mined, with the opinions that are sure enough; a warning tells of others."""
        least = self.threshold(mined.language)
        sure = tuple(o for o in mined.opinions if least is not None and o.confidence >= least)
        if len(sure) == len(mined.opinions):
            return mined
        warning = NO_PROMISE if least is None else HELD_BACK
        return replace(mined, opinions=sure, warnings=(*mined.warnings, warning))


@dataclass(frozen=True, slots=True)
class Promises:
    """What was measured on labelled reviews, for each meaning, language and precision.

    Attributes:
        model: `name@version`.
        weights: SHA-256 of the weights that were measured, of an ensemble those of its members.
        calibration: digest of what made confidences of their arrays: one set of weights has
            several, since an ensemble is made anew on other labelled reviews.
        measured: on what, how surely and when, for people.
        opinions: how many opinions each language's figures rest on.
        rows: by meaning and language, from low to high: precision, threshold, share kept.
    """

    model: str
    weights: Sequence[str]
    calibration: str
    measured: Mapping[str, Any]
    opinions: Mapping[str, int]
    rows: Mapping[str, Mapping[str, Sequence[tuple[float, float, float]]]] = field(repr=False)

    def measured_on(self, weights: Sequence[str], calibration: str) -> bool:
        """Whether it was this model that was measured: confidences of others mean other things."""
        return list(self.weights) == list(weights) and self.calibration == calibration

    def promise(self, precision: float, meaning: Meaning = "whole") -> Promise:
        """The thresholds of a precision, or of the next higher one that was measured.

        Raises:
            GuandianError: it is no share, or was not reached on the labelled reviews; the message
                tells the highest precision that was, and how much must be held back for it.
        """
        if not 0 < precision < 1:
            raise GuandianError(
                f"a precision of {precision:g}", "give a share between 0 and 1, such as 0.9"
            )
        reached = {
            language: next((row for row in rows if row[0] >= precision - 1e-9), None)
            for language, rows in self.rows[meaning].items()
        }
        every = reached[_EVERY]
        if every is None:
            self._refuse(precision, meaning)
        assert every is not None
        thresholds = {language: row[1] if row else None for language, row in reached.items()}
        return Promise(precision, meaning, thresholds, every[2])

    def _refuse(self, precision: float, meaning: Meaning) -> None:
        number = f"{self.opinions[_EVERY]:,}"
        rows = self.rows[meaning][_EVERY]
        other = next(
            (
                name
                for name in MEANINGS[MEANINGS.index(meaning) + 1 :]
                if any(row[0] >= precision - 1e-9 for row in self.rows[name][_EVERY])
            ),
            "",
        )
        if not rows:
            raise GuandianError(
                f"{self.model} can promise no precision: {number} labelled opinions told of none",
                "measure on more labelled reviews: guandian promise",
            )
        best, _, share = rows[-1]
        raise GuandianError(
            f"{self.model} cannot promise a precision of {precision:g}: on {number} labelled"
            f" opinions {best:g} was the most, with at least {1 - share:.0%} held back",
            f"ask for {best:g} or less, or {precision:g} of --precision-of {other} (in JSON"
            " precision_of)"
            if other
            else f"ask for {best:g} or less",
        )

    def to_json(self) -> str:
        """The text of a file that `read_promises` reads."""
        content = {
            "format": FORMAT,
            "model": self.model,
            "weights": list(self.weights),
            "calibration": self.calibration,
            "measured": dict(self.measured),
            "opinions": dict(self.opinions),
            "rows": {
                meaning: {language: [list(row) for row in rows] for language, rows in table.items()}
                for meaning, table in self.rows.items()
            },
        }
        return json.dumps(content, ensure_ascii=False, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote.

        Raises:
            ValueError: it is something else.
        """
        content = json.loads(text)
        if not isinstance(content, dict) or content.get("format") != FORMAT:
            raise ValueError(f"its format is not {FORMAT}")
        try:
            rows: dict[str, dict[str, list[tuple[float, float, float]]]] = {
                meaning: {
                    str(language): [(float(p), float(t), float(k)) for p, t, k in rows]
                    for language, rows in content["rows"][meaning].items()
                }
                for meaning in MEANINGS
            }
            opinions = {str(key): int(value) for key, value in content["opinions"].items()}
            if _EVERY not in opinions or not all(_EVERY in table for table in rows.values()):
                raise ValueError("it does not tell of all languages together")
            weights = [str(digest) for digest in content["weights"]]
            fitted = str(content["calibration"])
            return cls(str(content["model"]), weights, fitted, content["measured"], opinions, rows)
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError(f"it lacks a part: {error!r}") from error


def read_promises(path: Path) -> Promises:
    """Read a file of promises.

    Raises:
        GuandianError: it is missing, or no such file.
    """
    try:
        return Promises.from_json(read_text(path, MOST_WORDS))
    except (OSError, ValueError) as error:
        raise GuandianError(f"{path} holds no promises: {reason(error)}", _MEASURE) from error


@dataclass(frozen=True, slots=True)
class Caution:
    """What is kept of what was mined.

    Attributes:
        promise: that opinions are held to; None keeps all.
        unlike: what becomes of reviews unlike those learned from; None tells nothing of them.
    """

    promise: Promise | None = None
    unlike: Unlike | None = None

    def keep(self, mined: Mined) -> Mined:
        """What is kept, with warnings that tell of the rest."""
        if self.promise is not None:
            mined = self.promise.keep(mined)
        return mined if self.unlike is None else unlike_told(mined, self.unlike)

    @property
    def key(self) -> str:
        """What tells answers by one caution from those by another; empty where all is kept."""
        parts = [f"unlike {self.unlike}"] if self.unlike else []
        if self.promise is not None:
            thresholds = sorted(self.promise.thresholds.items())
            parts.append(f"{self.promise.precision:g} {self.promise.meaning} {thresholds}")
        return " ".join(parts)


class CautiousMiner:
    """A miner that keeps what a caution lets it keep."""

    def __init__(self, miner: Mines, caution: Caution) -> None:
        self._miner, self._caution = miner, caution

    def stopping(self) -> AbstractContextManager[object]:
        """Keep the miner from asking anything more while the block lasts."""
        return stopped(self._miner)

    def mine(self, reviews: Sequence[Review]) -> list[Mined]:
        """Mine each review, in their order, and keep what may be kept."""
        return [self._caution.keep(mined) for mined in self._miner.mine(reviews)]


def cautious(model: LazyMiner, caution: Caution) -> LazyMiner:
    """The same model with a caution: a miner of another key, whose rates nobody measured."""
    if not caution.key:
        return model
    key = f"{model.key} {caution.key}"
    return replace(model, key=key, open=lambda: CautiousMiner(model.miner, caution), rates=None)
