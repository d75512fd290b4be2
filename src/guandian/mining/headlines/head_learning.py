"""A head of headlines learned from labels: logistic regression, the same for the same labels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from guandian.evaluation.logits import softmax
from guandian.mining.headlines.linear_head import WIDTH, Floats, HashedTexts, LinearHead

PRIOR = 12.0
"""What scores of seeds count beside what is learned."""
DECAY = 0.05
"""The penalty of squared weights, over all headlines together."""


def learn_head(
    headlines: Sequence[str],
    labels: Sequence[str],
    classes: Sequence[str],
    known: Floats | None = None,
    decay: float = DECAY,
) -> LinearHead:
    """Learn a head; needs scipy (the extra `watch`).

    Args:
        headlines: raw.
        labels: the class of each.
        classes: all classes.
        known: scores `[headlines, classes]` that count too: those of the seeds of topics. A head
            of few labels then says what the seeds say, and what was corrected moves it.
        decay: the penalty of weights.
    """
    from scipy import sparse
    from scipy.optimize import minimize

    texts = HashedTexts.of(headlines)
    seen, column = np.unique(texts.column, return_inverse=True)
    matrix = sparse.csr_matrix((texts.value, (texts.row, column)), (texts.rows, len(seen)))
    wide = len(classes)
    truth = np.zeros((texts.rows, wide))
    numbers = {name: number for number, name in enumerate(classes)}
    truth[np.arange(texts.rows), [numbers[label] for label in labels]] = 1
    offset = np.zeros_like(truth) if known is None else PRIOR * known

    def loss(flat: Floats) -> tuple[float, Floats]:
        weights = flat.reshape(len(seen) + 1, wide)
        chances = softmax(matrix @ weights[:-1] + weights[-1] + offset)
        gap = chances - truth
        lost = -float(np.log(np.maximum((chances * truth).sum(1), 1e-12)).sum())
        slope = np.vstack([matrix.T @ gap + 2 * decay * weights[:-1], gap.sum(0)])
        if known is not None:
            slope[-1] += 2 * decay * weights[-1]
            lost += decay * float((weights[-1] ** 2).sum())
        return lost + decay * float((weights[:-1] ** 2).sum()), slope.ravel()

    start = np.zeros((len(seen) + 1) * wide)
    learned = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 300}).x
    rows = learned.reshape(len(seen) + 1, wide)
    weights = np.zeros((WIDTH, wide))
    weights[seen] = rows[:-1]
    return LinearHead.of(classes, weights, rows[-1], 0.0 if known is None else PRIOR)
