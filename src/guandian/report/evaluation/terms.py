"""The names of the figures, Chinese and English side by side, in the terminal and on the page."""

from __future__ import annotations

from guandian.display.names import PART_NAMES
from guandian.display.shares import signed
from guandian.evaluation.calibration import Calibration
from guandian.evaluation.error_analysis import ErrorKind
from guandian.evaluation.intervals.bootstrap import PairedDifference
from guandian.evaluation.metrics.review_labels import LabelResult
from guandian.wording import Name

MEASURE_NAMES = {
    "quad": Name("四元组", "quad"),
    "triplet": Name("三元组", "triplet"),
    "pair": Name("对", "pair"),
    **PART_NAMES,
    "relaxed": Name("宽松匹配", "relaxed match"),
    "sentiment": Name("情感准确率", "accuracy"),
    "entities": Name("实体", "entities"),
}
ERROR_NAMES = {
    ErrorKind.WRONG_CATEGORY: Name("类别错", ErrorKind.WRONG_CATEGORY.value),
    ErrorKind.WRONG_POLARITY: Name("极性错", ErrorKind.WRONG_POLARITY.value),
    ErrorKind.WRONG_SPAN: Name("边界错", ErrorKind.WRONG_SPAN.value),
    ErrorKind.WRONG_PAIR: Name("配对错", ErrorKind.WRONG_PAIR.value),
    ErrorKind.MISSED: Name("漏报", ErrorKind.MISSED.value),
    ErrorKind.SPURIOUS: Name("误报", ErrorKind.SPURIOUS.value),
}
NO_CATEGORIES = Name(
    "没有可比的类别：不计四元组，宽松匹配和可信度不看类别",
    "no categories to compare: no quads; the relaxed match and the confidence go without them",
)

UNFITTED = Name(
    "可信度从未在留出文本上拟合：只能用来排序，不是概率",
    "the confidence was never fitted on held-out texts: it ranks opinions, and is no probability",
)


def measure_name(measure: str) -> Name:
    """The names of a measure of `compare`; of `label.NAME` the label's own."""
    known = MEASURE_NAMES.get(measure)
    return known or Name("标注项", measure.removeprefix("label."))


def difference_name(comparison: PairedDifference) -> Name:
    """A difference in points, in words; not shown where its interval holds zero."""
    gain = comparison.difference
    level = f"{100 * gain.level:g} %"
    if gain.low <= 0 <= gain.high:
        value, low, high = map(signed, (gain.value, gain.low, gain.high))
        ends = f"{level} {low} … {high}"
        return Name(f"未见差别（{value}，{ends}）", f"not shown ({value}, {ends})")
    better = gain.low > 0
    value, low, high = (
        f"{100 * end:.1f}" for end in (abs(gain.value), *sorted((abs(gain.low), abs(gain.high))))
    )
    return Name(
        f"{'好' if better else '差'} {value} 分，{level} {low} 到 {high}",
        f"{'better' if better else 'worse'} by {value} points, {level} {low} to {high}",
    )


def verdict(calibration: Calibration) -> Name:
    """Say whether the calibration error is more than chance would show."""
    if calibration.error <= calibration.floor_high:
        return Name(
            "与完全校准无法区分", "no more than chance shows in a perfectly calibrated model"
        )
    return Name("超出抽样误差", "more than chance explains")


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
        rows.append((Name("宏平均", "macro F1"), f"{100 * macro:.1f}"))
    if result.distances:
        far = result.distances
        rows.append((Name("均方根误差", "RMSE"), f"{far.rmse:.3f}"))
        rows += [
            (name, "–" if value is None else f"{value:.3f}")
            for name, value in (
                (Name("二次加权 kappa", "quadratic weighted kappa"), far.kappa),
                (Name("等级相关", "Spearman"), far.spearman),
            )
            if value is not None or name.en == "Spearman"
        ]
    return rows


_FIGURES = {
    "accuracy": Name("准确率", "accuracy"),
    "micro_f1": Name("微平均", "micro F1"),
    "mae": Name("平均绝对误差", "MAE"),
}
