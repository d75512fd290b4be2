"""Vectors of items by BPR: what a user chose before what he did not choose, pair by pair.

Rendle et al. (2009), as implicit learns it. Its own vectors of users are left out: those that are
solved for from a user's actions find later items better (docs/experiments.md), and suit somebody
new without a training.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from guandian.io.optional_libraries import needs
from guandian.pipelines.recommending.fit_settings import FitSettings
from guandian.recommend.candidates.factors import Factors

_RATE = _SHRINKAGE = 0.01
_ROUNDS, _ROUNDS_ON = 100, 10
"""Over all actions: from nothing, and where vectors of before are at hand."""
_REGULARISATION = 10.0
"""Of users: these vectors are short, and the rows of items that nobody chose are nought."""


def fit_pairwise_factors(
    chosen: Any, settings: FitSettings, before: Factors | None = None
) -> Factors:
    """Vectors of items, without the offsets that say how popular each is.

    Args:
        chosen: sparse [users, items]; the weights are not looked at.
        settings: of the fit.
        before: of an earlier fit, whose items these begin with.

    Raises:
        GuandianError: implicit is missing.
    """
    implicit = needs("implicit.cpu.bpr", "recommend", "building a recommender")
    matrix = sparse.csr_matrix(chosen, dtype=np.float32)
    width = min(settings.width, *matrix.shape)
    goes_on = before is not None and before.items.shape[1] == width
    model = implicit.BayesianPersonalizedRanking(
        factors=width,
        learning_rate=_RATE,
        regularization=_SHRINKAGE,
        iterations=_ROUNDS_ON if goes_on else _ROUNDS,
        random_state=settings.seed,
        num_threads=1,  # several write over each other's steps, and no seed helps
    )
    if before is not None and goes_on:
        known = np.zeros((matrix.shape[1], width), dtype=np.float32)
        known[: len(before.items)] = before.items
        people = Factors(known, settings.alpha, _REGULARISATION).users(matrix)
        # The last column is what implicit learns offsets of items by.
        model.item_factors = np.hstack([known, np.zeros_like(known[:, :1])])
        model.user_factors = np.hstack([people, np.ones_like(people[:, :1])])
    model.fit(matrix, show_progress=False)
    items = np.ascontiguousarray(model.item_factors[:, :width], dtype=np.float32)
    return Factors(items, settings.alpha, _REGULARISATION)
