"""The names of the figures, Chinese and English side by side, in the terminal and on the page."""

from __future__ import annotations

from guandian.display.names import PART_NAMES
from guandian.display.shares import signed
from guandian.evaluation.calibration import Calibration
from guandian.evaluation.error_analysis import ErrorKind
from guandian.evaluation.intervals.bootstrap import PairedDifference
from guandian.evaluation.metrics.review_labels import LabelResult
from guandian.wording import Name, term

MEASURE_NAMES = {
    "quad": term("quad"),
    "triplet": term("triplet"),
    "pair": term("pair"),
    **PART_NAMES,
    "relaxed": term("relaxed match"),
    "sentiment": term("accuracy", sense="of sentiment"),
    "entities": term("entities"),
}
ERROR_NAMES = {kind: term(kind.value) for kind in ErrorKind}
NO_CATEGORIES = term(
    "no categories to compare: no quads; the relaxed match and the confidence go without them"
)

UNFITTED = term(
    "the confidence was never fitted on held-out texts: it ranks opinions, and is no probability"
)


def measure_name(measure: str) -> Name:
    """The names of a measure of `compare`; of `label.NAME` the label's own."""
    known = MEASURE_NAMES.get(measure)
    return known or term("{label}", label=measure.removeprefix("label."))


def difference_name(comparison: PairedDifference) -> Name:
    """A difference in points, in words; not shown where its interval holds zero."""
    gain = comparison.difference
    level = f"{100 * gain.level:g} %"
    if gain.low <= 0 <= gain.high:
        value, low, high = map(signed, (gain.value, gain.low, gain.high))
        ends = f"{level} {low} … {high}"
        return term("not shown ({value}, {ends})", value=value, ends=ends)
    better = gain.low > 0
    value, low, high = (
        f"{100 * end:.1f}" for end in (abs(gain.value), *sorted((abs(gain.low), abs(gain.high))))
    )
    figures = {"value": value, "level": level, "low": low, "high": high}
    if better:
        return term("better by {value} points, {level} {low} to {high}", **figures)
    return term("worse by {value} points, {level} {low} to {high}", **figures)


def verdict(calibration: Calibration) -> Name:
    """Say whether the calibration error is more than chance would show."""
    if calibration.error <= calibration.floor_high:
        return term("no more than chance shows in a perfectly calibrated model")
    return term("more than chance explains")


def figures(result: LabelResult) -> list[tuple[Name, str]]:
    """The figures of a declared label, each with its name: shares in percent, distances as are."""
    rows: list[tuple[Name, str]] = []
    for key, interval in result.intervals.items():
        unit = 1.0 if key == "mae" else 100.0
        digits = 3 if key == "mae" else 1
        value, low, high = (
            f"{unit * x:.{digits}f}" for x in (interval.value, interval.low, interval.high)
        )
        rows.append((_FIGURES[key], f"{value} (95 %: {low}–{high})"))
    macro = result.classes.macro_f1 if result.classes else result.macro_f1
    if macro is not None:
        rows.append((term("macro F1"), f"{100 * macro:.1f}"))
    if result.distances:
        far = result.distances
        rows.append((term("RMSE"), f"{far.rmse:.3f}"))
        rows += [
            (name, "–" if value is None else f"{value:.3f}")
            for name, value in (
                (term("quadratic weighted kappa"), far.kappa),
                (term("Spearman"), far.spearman),
            )
            if value is not None or name.en == "Spearman"
        ]
    return rows


_FIGURES = {
    "accuracy": term("accuracy"),
    "micro_f1": term("micro F1"),
    "mae": term("MAE"),
}
