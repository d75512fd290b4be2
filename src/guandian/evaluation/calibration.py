"""Does a confidence mean what it says: its error, the error chance alone would show, its use."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]

BINS = 15
LEAST = 20
"""Answers below which what a threshold keeps says nothing of other reviews."""
_CELLS_AT_ONCE = 4_000_000


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Answers whose confidence lies in [low, high]: their mean confidence, the share right."""

    low: float
    high: float
    confidence: float
    right: float
    count: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """The answers that are kept when precision has to be at least `precision`.

    Attributes:
        threshold: the lowest confidence kept; None when no threshold reaches the precision.
        count: how many answers stand at or above the threshold.
        share: their part of all answers.
        reached: the precision of what is kept.
    """

    precision: float
    threshold: float | None
    count: int
    share: float
    reached: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """Figures of how far confidences can be taken at their word.

    Attributes:
        error: expected calibration error over bins of equal size.
        floor: the error that a perfectly calibrated model would show, on average, with these
            confidences and this sample size; `floor_high` is what it exceeds once in twenty.
        brier: mean squared difference between confidence and right.
        risk_area: area under the risk-coverage curve (0 is best).
        at_precision: without the precisions at which fewer than `LEAST` answers would be kept, or
            none of so few.
    """

    count: int
    right: float
    error: float
    floor: float
    floor_high: float
    brier: float
    risk_area: float
    at_precision: tuple[Coverage, ...]
    bins: tuple[ReliabilityBin, ...]

    def to_json(self) -> dict[str, object]:
        """Every figure by its name."""
        figures = asdict(self)
        for point in figures["at_precision"]:
            point["kept"] = point.pop("share")
        return figures


def calibrate_report(
    confidence: Floats,
    right: Booleans,
    *,
    bins: int = BINS,
    precisions: tuple[float, ...] = (0.8, 0.9, 0.95),
    seed: int = 0,
) -> Calibration:
    """All of this file's figures for answers `[n]` and whether each was right `[n]`.

    Raises:
        ValueError: for no answers, unequal lengths, or a confidence outside [0, 1].
    """
    confidence, right = _checked(confidence, right)
    floor, floor_high = sampling_floor(confidence, bins=bins, seed=seed)
    risk = risk_coverage(confidence, right)[1]
    return Calibration(
        count=len(confidence),
        right=float(right.mean()),
        error=calibration_error(confidence, right, bins=bins),
        floor=floor,
        floor_high=floor_high,
        brier=float(np.mean((confidence - right) ** 2)),
        risk_area=float(risk.mean()),
        at_precision=tuple(
            coverage
            for coverage in (coverage_at(confidence, right, precision) for precision in precisions)
            if (len(confidence) if coverage.threshold is None else coverage.count) >= LEAST
        ),
        bins=reliability(confidence, right, bins=bins),
    )


def reliability(
    confidence: Floats, right: Booleans, *, bins: int = BINS
) -> tuple[ReliabilityBin, ...]:
    """The reliability table: about equally many answers a bin, equal confidences together.

    Raises:
        ValueError: as `calibrate_report`.
    """
    confidence, right = _checked(confidence, right)
    order = np.argsort(confidence, kind="stable")
    starts = _starts(confidence[order], bins)
    table = []
    for start, end in pairwise((*starts, len(order))):
        inside = order[start:end]
        confidences = confidence[inside]
        table.append(
            ReliabilityBin(
                low=float(confidences[0]),
                high=float(confidences[-1]),
                confidence=float(confidences.mean()),
                right=float(right[inside].mean()),
                count=len(inside),
            )
        )
    return tuple(table)


def calibration_error(confidence: Floats, right: Booleans, *, bins: int = BINS) -> float:
    """The expected calibration error: mean |confidence - share right| over the answers' bins.

    Raises:
        ValueError: as `calibrate_report`.
    """
    table = reliability(confidence, right, bins=bins)
    total = sum(row.count for row in table)
    return sum(row.count * abs(row.confidence - row.right) for row in table) / total


def sampling_floor(
    confidence: Floats, *, bins: int = BINS, simulations: int = 500, seed: int = 0
) -> tuple[float, float]:
    """Mean and 95 % quantile of the calibration error if every confidence were the truth.

    Even a perfect model shows some error, because n answers are finite; this says how much.

    Raises:
        ValueError: as `calibrate_report`.
    """
    confidence, _ = _checked(confidence, np.zeros(len(confidence), dtype=np.bool_))
    ordered = np.sort(confidence)
    starts = _starts(ordered, bins)
    expected = np.add.reduceat(ordered, starts)
    rng = np.random.default_rng(seed)
    block = max(1, _CELLS_AT_ONCE // len(ordered))
    errors: list[Floats] = []
    for start in range(0, simulations, block):
        rows = min(block, simulations - start)
        drawn = (rng.random((rows, len(ordered))) < ordered).astype(np.float64)
        gaps = np.abs(np.add.reduceat(drawn, starts, axis=1) - expected)
        errors.append(gaps.sum(axis=1) / len(ordered))
    simulated = np.concatenate(errors)
    return float(simulated.mean()), float(np.quantile(simulated, 0.95))


def risk_coverage(confidence: Floats, right: Booleans) -> tuple[Floats, Floats]:
    """The most confident first: the share answered `[n]` and the share wrong among them `[n]`.

    Answers of equal confidence come or go together, so they share the figure of their group.

    Raises:
        ValueError: as `calibrate_report`.
    """
    confidence, right = _checked(confidence, right)
    order = np.argsort(-confidence, kind="stable")
    answered = np.arange(1, len(order) + 1)
    risk = np.cumsum(~right[order]) / answered
    ordered = confidence[order]
    last_of_group = np.searchsorted(-ordered, -ordered, side="right") - 1
    return (answered / len(order))[last_of_group], risk[last_of_group]


def coverage_at(confidence: Floats, right: Booleans, precision: float) -> Coverage:
    """The answers that can be kept when at least `precision` of those kept must be right.

    Raises:
        ValueError: as `calibrate_report`.
    """
    confidence, right = _checked(confidence, right)
    shares, risk = risk_coverage(confidence, right)
    enough = np.flatnonzero(
        1 - risk >= precision - 1e-12
    )  # rounding must not refuse an exact share
    if not len(enough):
        return Coverage(precision, None, 0, 0.0, 0.0)
    last = enough[-1]
    threshold = float(np.sort(confidence)[::-1][last])
    count = int(np.sum(confidence >= threshold))
    return Coverage(precision, threshold, count, float(shares[last]), float(1 - risk[last]))


def _starts(ordered: Floats, bins: int) -> NDArray[np.int64]:
    """The index of each bin's first confidence, sorted upwards; equal ones are never parted."""
    cuts = np.arange(1, bins) * len(ordered) // bins
    before = np.searchsorted(ordered, ordered[cuts], side="left")
    after = np.searchsorted(ordered, ordered[cuts], side="right")
    starts = np.where(cuts - before <= after - cuts, before, after)
    return np.unique(np.append(0, starts[starts < len(ordered)])).astype(np.int64)


def _checked(confidence: Floats, right: Booleans) -> tuple[Floats, Booleans]:
    confidence, right = np.asarray(confidence, np.float64), np.asarray(right, np.bool_)
    if confidence.ndim != 1 or confidence.shape != right.shape or not len(confidence):
        raise ValueError(f"need [n] and [n] with n > 0, got {confidence.shape}, {right.shape}")
    if not np.all((confidence >= 0) & (confidence <= 1)):
        raise ValueError("a confidence must lie in [0, 1]")
    return confidence, right
