"""A ranker of candidates: trees that LightGBM grew, read from their text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from guandian.errors import GuandianError
from guandian.io.optional_libraries import needs

Floats = NDArray[np.float32]


class Ranker:
    """Scores pairs by their features.

    Args:
        text: the model as LightGBM writes it.
        names: of the features, in order.
        opinions: whether some of them come from opinions.

    Raises:
        GuandianError: LightGBM is missing, or cannot read the text.
    """

    def __init__(self, text: str, names: Sequence[str], *, opinions: bool) -> None:
        self.text, self.names, self.opinions = text, tuple(names), opinions
        self._booster = open_booster(text)
        if self._booster.num_feature() != len(self.names):
            raise GuandianError(
                f"the ranker takes {self._booster.num_feature()} features, not {len(self.names)}",
                "build the recommender again: guandian recommend build",
            )

    def scores(self, rows: Floats) -> NDArray[np.float64]:
        """How well pairs go together, [pairs]; higher is better.

        Args:
            rows: [pairs, features].
        """
        if not len(rows):
            return np.zeros(0)
        return np.asarray(self._booster.predict(rows, num_threads=1), dtype=np.float64)

    def importance(self) -> list[tuple[str, float]]:
        """How much each feature gained in training, as shares, most first."""
        gains = np.asarray(self._booster.feature_importance("gain"), dtype=np.float64)
        shares = gains / max(gains.sum(), 1e-12)
        order = np.argsort(-shares, kind="stable")
        return [(self.names[k], float(shares[k])) for k in order]


def open_booster(text: str) -> Any:
    """The trees in a text.

    Raises:
        GuandianError: LightGBM is missing, or cannot read the text.
    """
    lightgbm = needs("lightgbm", "recommend", "recommending")
    try:
        return lightgbm.Booster(model_str=text)
    except lightgbm.basic.LightGBMError as error:
        raise GuandianError(
            "the ranker cannot be read", "build the recommender again: guandian recommend build"
        ) from error
