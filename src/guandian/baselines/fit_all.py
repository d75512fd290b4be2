"""Every baseline that a labelled set can teach."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from guandian.baselines.bag_of_words import FEATURES, SentimentBaseline
from guandian.baselines.lexicon_induction import fit_lexicon
from guandian.data.leaks import text_key
from guandian.domain import Labelled
from guandian.errors import GuandianError
from guandian.evaluation import QuadPredictor


def fit_baselines(
    reviews: Sequence[Labelled], asked: Collection[str]
) -> list[tuple[str, QuadPredictor]]:
    """Learn a lexicon where expressions are annotated, linear classifiers where sentiment is.

    Args:
        reviews: what to learn from.
        asked: the texts that will be asked about; equal ones are not learned from.

    Returns:
        The names and the systems, the lexicon first.

    Raises:
        GuandianError: when there is nothing to learn, or scikit-learn is needed and not there.
    """
    held = {text_key(text) for text in asked}
    kept = [review for review in reviews if text_key(review.text) not in held]
    found: list[tuple[str, QuadPredictor]] = []
    if any(quad.expression for review in kept for quad in review.quads or ()):
        found.append(("lexicon", fit_lexicon(kept)))
    felt = [(review.text, review.sentiment) for review in kept if review.sentiment]
    if len({label for _, label in felt}) > 1:
        texts, labels = zip(*felt, strict=True)
        found += [(name, SentimentBaseline(name).fit(texts, labels)) for name in FEATURES]
    if not found:
        raise GuandianError(
            f"{len(kept)} reviews to learn from hold no expressions and not two kinds of sentiment",
            "leave --baselines out, or give a train part with other texts than are scored",
        )
    return found
