"""How a recommender is fitted."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class FitSettings:
    """What may be chosen of a fit; the defaults are those of the experiments.

    Attributes:
        width: of the vectors of items.
        iterations: of alternating least squares.
        regularisation: of the vectors.
        alpha: how much more an action weighs than none.
        aspect_rows: how much an aspect that reviews speak of weighs beside a user's action in
            the second vectors of items.
        candidates: how many items each source gives.
        folds: into how many parts the history is cut to teach the ranker, each held out once.
        trees: of the ranker.
        leaves: of a tree.
        rate: of learning.
        least: candidates in a leaf.
        fewest: users that the ranker is taught by; with fewer there is none, and candidates are
            ordered by popularity of late and by likeness.
        seed: of all that is drawn.
        opinions: whether what reviews say is used.
        encoder: the pretrained encoder whose vectors of item texts are used; empty = none.
        tower: whether behaviour teaches those vectors, which needs torch.
        bpr: whether vectors of items are learnt by pairs too.
        ranker: whether candidates are ranked by trees; else by the mean of their places.
    """

    width: int = 64
    iterations: int = 15
    regularisation: float = 1.0
    alpha: float = 10.0
    aspect_rows: float = 0.3
    candidates: dict[str, int] = field(
        default_factory=lambda: {
            "popularity": 20, "neighbours": 50, "like-minded": 50, "factors": 50, "words": 30,
            "encoder": 30, "tower": 50, "topics": 30, "opinion factors": 50,
            "bpr": 50,
        }
    )  # fmt: skip
    folds: int = 8
    trees: int = 120
    leaves: int = 15
    rate: float = 0.05
    least: int = 100
    fewest: int = 500
    seed: int = 0
    opinions: bool = True
    encoder: str = ""
    tower: bool = False
    bpr: bool = False
    ranker: bool = True
