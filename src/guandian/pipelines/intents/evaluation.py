"""How well intents are told, beside trivial controls, and how well what is none of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from guandian.assist.understanding.intents.intent_folder import IntentModel
from guandian.assist.understanding.understander import guess_intents
from guandian.errors import GuandianError
from guandian.evaluation.calibration import calibration_error
from guandian.evaluation.intervals.wilson import wilson_ends
from guandian.evaluation.metrics.separation import auroc, rejecting
from guandian.privacy import Masking

_WORDS = r"(?u)[a-zA-Z0-9']+|[^\W\da-zA-Z]"
"""Words of Latin letters; where no blanks stand, characters."""
FAR = 0.95
"""Of what is out of scope, the share whose rejection is looked at."""


@dataclass(frozen=True, slots=True)
class Share:
    """A share of a number of messages with its 95 % interval (Wilson)."""

    value: float
    low: float
    high: float
    number: int

    @classmethod
    def of(cls, right: NDArray[np.bool_]) -> Share:
        """The share of those that are True."""
        value = float(right.mean())
        low, high = wilson_ends(value, len(right))
        return cls(value, low, high, len(right))


@dataclass(frozen=True, slots=True)
class OutOfScope:
    """How messages out of scope are told from those within.

    Attributes:
        auroc: of nearness.
        rejected: share of them that is out of scope at the threshold.
        lost: points of accuracy within scope that are lost where `FAR` of them are rejected.
    """

    auroc: float
    rejected: Share
    lost: float


@dataclass(frozen=True, slots=True)
class IntentScores:
    """What an evaluation found.

    Attributes:
        accuracy: share whose likeliest intent is right, whatever is in scope.
        accepted_right: share that is in scope and right.
        rejected: share of messages within scope that was called out of scope.
        confidence_error: expected calibration error of the confidence.
        control: accuracy of words alone (TF-IDF and logistic regression), where examples are given.
        out_of_scope: where such messages are given.
        unknown: messages whose intent was never taught; they count in no figure.
    """

    accuracy: Share
    accepted_right: Share
    rejected: Share
    confidence_error: float
    control: Share | None
    out_of_scope: OutOfScope | None
    unknown: int

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def evaluate_intents(
    model: IntentModel,
    messages: Sequence[str],
    intents: Sequence[str],
    outside: Sequence[str] = (),
    examples: tuple[Sequence[str], Sequence[str]] | None = None,
) -> IntentScores:
    """Score taught intents on messages that nothing was learned from.

    Args:
        model: what was taught.
        messages: within scope.
        intents: of each.
        outside: messages out of scope.
        examples: texts and intents that were taught, for the control.

    Raises:
        GuandianError: no message has an intent that was taught.
    """
    known = set(model.head.names)
    rows = [(m, i) for m, i in zip(messages, intents, strict=True) if i in known]
    if not rows:
        raise GuandianError(
            "none of the messages has an intent that was trained",
            f"trained are: {', '.join(model.head.names[:10])}",
        )
    masking = Masking()
    texts = [masking.text(message)[0] for message, _ in rows]
    gold = [intent for _, intent in rows]
    guesses = [guess for guess in guess_intents(model, texts) if guess is not None]
    right = np.array([g.name == intent for (g, _), intent in zip(guesses, gold, strict=True)])
    within = np.array([g.in_scope for g, _ in guesses])
    confidence = np.array([g.confidence for g, _ in guesses])
    apart = None
    if outside:
        apart = _out_of_scope(model, texts, right, [masking.text(text)[0] for text in outside])
    control = None
    if examples is not None:
        control = Share.of(np.array(words_alone(*examples, texts)) == np.array(gold))
    return IntentScores(
        accuracy=Share.of(right),
        accepted_right=Share.of(right & within),
        rejected=Share.of(~within),
        confidence_error=calibration_error(confidence, right),
        control=control,
        out_of_scope=apart,
        unknown=len(messages) - len(rows),
    )


def words_alone(texts: Sequence[str], intents: Sequence[str], messages: Sequence[str]) -> list[str]:
    """What a logistic regression over TF-IDF of words and their pairs says of messages."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=_WORDS)
    system = make_pipeline(words, LogisticRegression(C=10, max_iter=500))
    return [str(name) for name in system.fit(list(texts), list(intents)).predict(list(messages))]


def _out_of_scope(
    model: IntentModel, texts: Sequence[str], right: NDArray[np.bool_], outside: Sequence[str]
) -> OutOfScope:
    near = model.head.nearness(model.encoder.vectors(texts))
    far = model.head.nearness(model.encoder.vectors(outside))
    guesses = [guess for guess in guess_intents(model, outside) if guess is not None]
    threshold = rejecting(far, FAR)
    remaining = float((right & (near >= threshold)).mean())
    return OutOfScope(
        auroc=auroc(near, far),
        rejected=Share.of(np.array([not guess.in_scope for guess, _ in guesses])),
        lost=100 * (float(right.mean()) - remaining),
    )
