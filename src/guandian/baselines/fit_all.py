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
    reviews: Sequence[Labelled], held_texts: Collection[str]
) -> list[tuple[str, QuadPredictor]]:
    """Learn a lexicon where expressions are annotated, linear classifiers where sentiment is.

    Args:
        reviews: what to learn from.
        held_texts: the texts that will be scored; equal ones are not learned from.

    Returns:
        The names and the systems, the lexicon first.

    Raises:
        GuandianError: when there is nothing to learn, or scikit-learn is needed and not there.
    """
    keys = {text_key(text) for text in held_texts}
    part = [review for review in reviews if text_key(review.text) not in keys]
    systems: list[tuple[str, QuadPredictor]] = []
    if any(quad.expression for review in part for quad in review.quads or ()):
        systems.append(("lexicon", fit_lexicon(part)))
    felt = [(review.text, review.sentiment) for review in part if review.sentiment]
    if len({label for _, label in felt}) > 1:
        texts, labels = zip(*felt, strict=True)
        systems += [(name, SentimentBaseline(name).fit(texts, labels)) for name in FEATURES]
    if not systems:
        raise GuandianError(
            f"{len(part)} reviews to learn from hold no expressions and not two kinds of sentiment",
            "leave --baselines out, or give a train part with other texts than are scored",
        )
    return systems
