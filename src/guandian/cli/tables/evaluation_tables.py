"""An evaluation as tables in the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from guandian.display.names import ENTITY_NAMES, Names, label_name
from guandian.display.tables import Fitted
from guandian.evaluation import (
    MEASURES,
    PRF,
    Calibration,
    Interval,
    LabelScores,
    PolarityRates,
    Report,
    SideBySide,
    TupleScores,
)
from guandian.evaluation.behaviour import Passed
from guandian.evaluation.intervals.clustered import proportion
from guandian.evaluation.metrics.review_labels import LabelResult
from guandian.evaluation.net_sentiment import ORDER
from guandian.evaluation.results import (
    EntityResult,
    OpinionResult,
    SentimentResult,
    Spread,
)
from guandian.report.evaluation.page import letter
from guandian.report.evaluation.terms import (
    ERROR_NAMES,
    MEASURE_NAMES,
    NO_CATEGORIES,
    UNFITTED,
    difference_name,
    figures,
    measure_name,
    verdict,
)
from guandian.wording import Name, counted, say, spoken, term
from guandian.wording.wrapping import sentence

_CATEGORIES = 12
_NONE = "–"


def print_report(report: Report, console: Console, names: Names | None = None) -> None:
    """Print the report: each task's figures, then the other systems' and the spread over seeds.

    `console` must not read markup, which names of categories could hold; `names` are those of
    the categories, where they have any.
    """
    evaluation = report.evaluation
    reviews = counted(evaluation.reviews, "reviews")
    seed = f"{say('seed')} {evaluation.seed}"
    title = f"{evaluation.system} · {evaluation.data} · {reviews} · {seed}"
    console.print(Text(printable(title), "bold"))
    if evaluation.opinions:
        _opinions(evaluation.opinions, console, names, fitted=evaluation.fitted)
    if evaluation.sentiment:
        _sentiment(evaluation.sentiment, console)
    if evaluation.entities:
        _entities(evaluation.entities, console)
    for name, result in evaluation.labels.items():
        _label(name, result, console)
    if report.comparison:
        show_figures(report.comparison, console)
    if spreads := report.over_seeds():
        _seeds(spreads, console)


def show_suite(rows: Sequence[Passed], console: Console, title: str) -> None:
    """Print what was passed of a behaviour suite, a row a capability, with Wilson intervals."""
    console.print(Text(printable(title), "bold"))
    table = columns(
        term("capability"), term("passed"), term("cases"),
        term("share"), term("interval"),
    )  # fmt: skip
    for row in rows:
        share = proportion(row.passed, row.cases)
        assert share is not None  # a capability has a case at least
        ends = f"{share_percent(share.low)}–{share_percent(share.high)}"
        sizes = (str(row.passed), str(row.cases))
        table.add_row(printable(row.capability), *sizes, share_percent(row.share), ends)
    console.print(Fitted(table))


def _opinions(
    result: OpinionResult, console: Console, names: Names | None, *, fitted: bool
) -> None:
    table = columns(
        term("opinions"),
        "F1",
        term("interval"),
        "P",
        "R",
        term("gold"),
        term("predicted"),
    )
    for measure in MEASURES:
        name, prf = name_text(MEASURE_NAMES[measure]), getattr(result.scores, measure)
        if measure in result.measures:
            ends, (f1, *rates) = _ends(result.intervals[measure]), _rates(prf)
            table.add_row(name, f1, ends, *rates, *_sizes(prf))
        else:
            table.add_row(name, *[_NONE] * 6)
    console.print(Fitted(table))
    recall, precision = (
        share_percent(result.overlap.recall),
        share_percent(result.overlap.precision),
    )
    overlapping = f"{say('overlapping, same polarity')}: {say('found')} {recall}"
    console.print(sentence(f"{overlapping}, {say('right')} {precision}"))
    if result.with_categories:
        _categories(result.scores, console, names)
    else:
        console.print(name_text(NO_CATEGORIES))
    kinds = (f"{name_text(ERROR_NAMES[kind])} {count}" for kind, count in result.errors.items())
    console.print(sentence(f"{say('errors')}: " + ", ".join(kinds)))
    confusion(say("polarity of found pairs"), result.polarity, console)
    _polarities(result.scores, console)
    _found_right(result.rates, console)
    if result.calibration:
        _calibration(result.calibration, console)
        if not fitted:
            console.print(name_text(UNFITTED))


def _polarities(scores: TupleScores, console: Console) -> None:
    table = columns(
        term("by polarity"), "F1", "P", "R", term("gold"),
        term("predicted"),
    )  # fmt: skip
    for polarity in ORDER:
        prf = scores.by_polarity.get(polarity, PRF(0, 0, 0))
        table.add_row(
            name_text(label_name(polarity)),
            *_rates(prf),
            *_sizes(prf),
        )
    console.print(Fitted(table))


def _found_right(rates: PolarityRates, console: Console) -> None:
    """Recall and precision by polarity, by which `guandian report --measured` corrects the net."""
    table = columns(
        term("words overlap"), term("found"), term("right"),
        term("gold"), term("predicted"),
    )  # fmt: skip
    rows = zip(ORDER, rates.recall, rates.precision, rates.labelled, rates.answered, strict=True)
    for polarity, recall, precision, gold, answered in rows:
        shares = (
            share_percent(float(share)) if of else "–"
            for share, of in ((recall, gold), (precision, answered))
        )
        table.add_row(name_text(label_name(polarity)), *shares, str(gold), str(answered))
    console.print(Fitted(table))


def _categories(scores: TupleScores, console: Console, names: Names | None) -> None:
    table = columns(term("category"), "F1", "P", "R", term("gold"), term("predicted"))
    ordered = sorted(scores.by_category.items(), key=lambda item: (-item[1].gold, item[0]))
    for category, prf in ordered[:_CATEGORIES]:
        name = name_text(label_name(category, names))
        table.add_row(name, *_rates(prf), *_sizes(prf))
    table.add_row(say("macro"), share_percent(scores.macro_f1), "", "", "", "")
    console.print(Fitted(table))
    _tell_dashes((prf for _, prf in ordered), console)
    if len(ordered) > _CATEGORIES:
        more = len(ordered) - _CATEGORIES
        console.print(
            say("{more} more in --json and --html", sense="of categories", between=" · ", more=more)
        )


def _sentiment(result: SentimentResult, console: Console) -> None:
    table = columns(term("sentiment"), "F1", "P", "R", term("gold"), term("predicted"))
    for label, prf in result.scores.by_label.items():
        table.add_row(name_text(label_name(label)), *_rates(prf), *_sizes(prf))
    scores = result.scores
    macro = (scores.macro_f1, scores.macro_precision, scores.macro_recall)
    table.add_row(say("macro"), *map(share_percent, macro), "", "")
    table.add_row(say("micro"), *_rates(scores.micro), "", "")
    console.print(Fitted(table))
    _tell_dashes(scores.by_label.values(), console)
    for name, measure in (
        (say("accuracy"), "accuracy"),
        (f"{say('macro')} F1", "macro_f1"),
    ):
        interval = result.intervals[measure]
        console.print(sentence(f"{name} {share_percent(interval.value)} (95 %: {_ends(interval)})"))
    if result.binary:
        console.print(say("no neutral gold: p(positive) against p(negative)"))
    confusion(say("confusion"), scores, console)
    _calibration(result.calibration, console)


def _entities(result: EntityResult, console: Console) -> None:
    table = columns(term("entities"), "F1", "P", "R", term("gold"), term("predicted"))
    for kind, prf in result.scores.by_type.items():
        name = name_text(label_name(kind, ENTITY_NAMES))
        table.add_row(name, *_rates(prf), *_sizes(prf))
    micro = result.scores.micro
    table.add_row(say("micro"), *_rates(micro), *_sizes(micro))
    console.print(Fitted(table))
    _tell_dashes(result.scores.by_type.values(), console)
    ends = _ends(result.interval)
    figures_of_all = f"{say('micro')} F1 {share_percent(micro.f1)} (95 %: {ends}), "
    macro = f"{say('macro')} F1 {share_percent(result.scores.macro_f1)}"
    console.print(sentence(figures_of_all + macro))


def _label(name: str, result: LabelResult, console: Console) -> None:
    if result.by_class:
        table = columns(
            term("label {printable}", printable=printable(name)),
            "F1",
            "P",
            "R",
            term("gold"),
            term("predicted"),
        )
        for label, prf in result.by_class.items():
            table.add_row(printable(label), *_rates(prf), *_sizes(prf))
        console.print(Fitted(table))
        _tell_dashes(result.by_class.values(), console)
    else:
        reviews = counted(result.reviews, "reviews")
        console.print(Text(f"{say('label')} {printable(name)} · {reviews}", "bold"))
    for figure, value in figures(result):
        console.print(sentence(f"{name_text(figure)} {value}"))
    if result.classes:
        confusion(say("confusion"), result.classes, console)


def confusion(title: str, scores: LabelScores, console: Console) -> None:
    """Print a confusion matrix, if there is anything in it."""
    if not scores.labels:
        return
    names = [name_text(label_name(label)) for label in scores.labels]
    console.print(title)
    table = columns(term("gold↓ predicted→"), *names)
    table.columns[0].no_wrap = True
    for name, row in zip(names, scores.confusion, strict=True):
        table.add_row(name, *(str(count) for count in row))
    console.print(Fitted(table))


def _calibration(calibration: Calibration, console: Console) -> None:
    console.print(
        sentence(
            f"{say('calibration error')} {share_percent(calibration.error)} % "
            f"({say('sampling floor')} {share_percent(calibration.floor)} %, "
            f"≤ {share_percent(calibration.floor_high)} %): "
            f"{name_text(verdict(calibration))}"
        )
    )
    for point in calibration.at_precision:
        coverage = (
            say("is never reached")
            if point.threshold is None
            else f"{say('keeps')} {share_percent(point.share)} % "
            f"({say('confidence')} ≥ {point.threshold:.3f}, n = {point.count:,})"
        )
        precision = f"{say('at a precision of')} {100 * point.precision:.0f} %"
        console.print(sentence(f"{precision}: {coverage}"))


def show_figures(comparison: SideBySide, screen: Console) -> None:
    """Print who is who, the figures of each, and how the others differ from the first."""
    letters = [letter(index) for index in range(len(comparison.evaluations))]
    for name, evaluation in zip(letters, comparison.evaluations, strict=True):
        screen.print(Text(f"  {name}  {printable(evaluation.system)}"), soft_wrap=True)
        if evaluation.opinions and not evaluation.fitted:
            screen.print(Text(f"     {name_text(UNFITTED)}", "dim"), soft_wrap=True)
    table = columns(term("measure"), *letters)
    for key, values in comparison.figures.items():
        table.add_row(
            name_text(measure_name(key)),
            *(_NONE if value is None else share_percent(value) for value in values),
        )
    screen.print(Fitted(table))
    for name, gains in zip(letters[1:], comparison.gains, strict=True):
        screen.print(Text(f"{name} {say('against')} {letters[0]}:", "bold"))
        for key, gain in gains.items():
            ends = gain.difference
            style = "green" if ends.low > 0 else "red" if ends.high < 0 else "dim"
            line = f"{name_text(measure_name(key))}: {name_text(difference_name(gain))}"
            screen.print(Padding(sentence(line, style), (0, 0, 0, 2)))


def _seeds(spreads: Mapping[str, Spread], console: Console) -> None:
    table = columns(
        term("over seeds"),
        term("mean"),
        term("deviation"),
        term("each"),
    )
    for measure, spread in spreads.items():
        scores = " ".join(map(share_percent, spread.scores))
        name = name_text(measure_name(measure))
        table.add_row(name, share_percent(spread.mean), share_percent(spread.deviation), scores)
    console.print(Fitted(table))


class HeadedTable(Table):
    """A table that refuses a row with more or fewer cells than headings: rich would shift it."""

    def add_row(self, *cells: RenderableType | None, **options: Any) -> None:
        """Add a row, a cell under each heading."""
        if len(cells) != len(self.columns):
            raise ValueError(f"{len(cells)} cells under {len(self.columns)} headings")
        super().add_row(*cells, **options)


def columns(first: str | Name, *others: str | Name) -> Table:
    """A table whose headings stand in two lines, Chinese above English, to fit 80 columns."""
    table = HeadedTable(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    table.add_column(Text(_heading(first)), overflow="fold")
    for name in others:
        table.add_column(Text(_heading(name)), justify="right")
    return table


def _heading(name: str | Name) -> str:
    return spoken(*name, between="\n") if isinstance(name, Name) else name


def name_text(name: Name) -> str:
    """A name in the language that is wanted, or in both."""
    return printable(str(name))


def printable(text: str) -> str:
    """Names come from files: what would steer the terminal is shown as a mark instead."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def share_percent(share: float | None) -> str:
    """A share of 1 in percent; a dash where there is none."""
    return _NONE if share is None else f"{100 * share:.1f}"


def _ends(interval: Interval) -> str:
    return f"{share_percent(interval.low)}–{share_percent(interval.high)}"


def _rates(prf: PRF) -> tuple[str, str, str]:
    """F1, precision and recall."""
    rates = prf.defined
    return share_percent(rates.f1), share_percent(rates.precision), share_percent(rates.recall)


def _tell_dashes(scores: Iterable[PRF], console: Console) -> None:
    """Say what a dash in the rows above means, where one stands there."""
    if any(not prf.gold for prf in scores):
        console.print(sentence(say("–: nothing is labelled so; the macro mean counts it as 0")))


def _sizes(prf: PRF) -> tuple[str, str]:
    return str(prf.gold), str(prf.predicted)
