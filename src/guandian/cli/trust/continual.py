"""`guandian continual`: domains one after another, and how much each method forgets."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from guandian.cli.console.options import KEY_VALUE
from guandian.cli.console.resuming import INTERRUPTED, tell_resume
from guandian.cli.console.signals import settle
from guandian.cli.runners.training_run import (
    Changes,
    RecipeFile,
    Root,
    begin_with,
    each_watched,
    mode_of,
    numbers_of,
)
from guandian.display.shares import signed
from guandian.display.tables import Fitted
from guandian.errors import GuandianError
from guandian.evaluation.domains.forgetting import ContinualComparison, MethodSummary
from guandian.evaluation.intervals.bootstrap import Interval
from guandian.io.atomic import write_whole
from guandian.io.output_guard import refuse_outputs
from guandian.pipelines import reads_of
from guandian.recipes.continual_settings import METHOD_NAMES, continual_settings, require_methods
from guandian.report.evaluation.continual_page import METHOD_TITLES, WHAT_THEY_ARE
from guandian.tracking.run_folder import BUNDLE
from guandian.wording import say, spoken, term

_OUTPUTS = ("continual.json", "continual.html", "continual.png", "continual.svg")


def continual(
    recipe: RecipeFile,
    root: Root = Path(),
    out: Annotated[
        Path | None,
        typer.Option(
            "-o", "--out", help="Of sequences and results; by default runs/NAME-continual."
        ),
    ] = None,
    methods: Annotated[
        str,
        typer.Option(metavar="A,B,...", help=f"Of {', '.join(METHOD_NAMES)}; by default all."),
    ] = ",".join(METHOD_NAMES),
    seeds: Annotated[
        str, typer.Option(help="Each learns every sequence; intervals need two at least.")
    ] = "1,2,3",
    domains: Annotated[
        str | None, typer.Option(metavar="A,B,...", help="These domains alone, in this order.")
    ] = None,
    groups: Annotated[
        bool, typer.Option("--groups", help="Domains are the groups of the sets, not the sets.")
    ] = False,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--with",
            metavar=KEY_VALUE,
            help="Another setting of a method, such as replay.share=0.02; may be repeated.",
        ),
    ] = None,
    export: Annotated[
        bool,
        typer.Option(
            "--export", help="Keep what each sequence ends with, as the bundle of its folder."
        ),
    ] = False,
    changes: Changes = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on; finished trainings and scores stay.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Remove the sequences that exist and begin anew.")
    ] = False,
) -> None:
    """Learn domains one after another, and tell what is forgotten."""
    mode = mode_of(resume=resume, overwrite=overwrite)
    if find_spec("matplotlib") is None:
        raise GuandianError("the picture needs matplotlib", "pip install 'guandian[train]'")
    of_methods = continual_settings(settings or ())
    named = require_methods(_names(methods))
    numbers = tuple(dict.fromkeys(numbers_of("--seeds", seeds)))
    whole = begin_with(recipe, changes)
    folder = out or Path("runs") / f"{whole.name}-continual"
    outputs = [folder / name for name in _OUTPUTS]
    if folder.is_dir():
        refuse_outputs(outputs, [recipe, *reads_of(whole, root)], overwrite=mode != "new")
    from guandian.experiments.continual.method_comparison import ContinualJob, compare_methods

    job = ContinualJob(
        whole, root, folder, named, numbers, of_methods, groups, _names(domains or ""), mode, export
    )
    console = Console(stderr=True, highlight=False)
    try:
        comparison = compare_methods(job, each_watched(console))
    except KeyboardInterrupt:
        settle()
        tell_resume(console, say("what is finished stays"), INTERRUPTED)
        raise typer.Exit(130) from None
    tell_comparison(comparison, Console(highlight=False))
    _write(comparison, outputs)
    bundles = [path / BUNDLE for path in job.folders()] if export else []
    typer.echo(f"→ {' '.join(map(str, [*outputs, *bundles]))}")


def _names(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, (name.strip() for name in text.split(",")))))


def tell_comparison(comparison: ContinualComparison, screen: Console) -> None:
    """Print a row for each method, then the matrix of each: after which domain, scored on which."""
    table = Table(box=SIMPLE_HEAD)
    for heading in _HEADINGS:
        first = heading is _HEADINGS[0]
        table.add_column(Text(spoken(*heading, between="\n")), justify="left" if first else "right")
    for row in comparison.methods:
        table.add_row(
            Text(row.method),
            _share(row.average),
            _points(row.behind),
            _points(row.forgetting),
            _points(row.backward),
            Text(f"{100 * row.runs[0].remembered:.1f}"),
            Text(f"{sum(run.seconds for run in row.runs) / len(row.runs):,.0f}"),
        )
    screen.print(Fitted(table))
    for row in comparison.methods:
        screen.print(Text(f"{row.method}: {METHOD_TITLES[row.method]}", "bold"), soft_wrap=True)
        screen.print(Fitted(_matrix(comparison, row)))
        routed = [run.routed for run in row.runs if run.routed is not None]
        if routed:
            share = f"{100 * sum(routed) / len(routed):.1f}"
            words = say(
                "sent to the adapter of their own domain: {share} % of the texts", share=share
            )
            screen.print(Text(words), soft_wrap=True)
    for line in WHAT_THEY_ARE:
        screen.print(Text(str(line)), soft_wrap=True)


_HEADINGS = (
    term("method"),
    term("average %"),
    term("against joint, points"),
    term("forgotten, points"),
    term("backward transfer, points"),
    term("old rows kept %"),
    term("CPU s a seed"),
)


def _share(figure: Interval) -> Text:
    ends = f"\n{100 * figure.low:.1f} … {100 * figure.high:.1f}" if figure.level else ""
    return Text(f"{100 * figure.value:.1f}{ends}")


def _points(figure: Interval | None) -> Text:
    if figure is None:
        return Text("–")
    ends = f"\n{signed(figure.low)} … {signed(figure.high)}" if figure.level else ""
    return Text(f"{signed(figure.value)}{ends}")


def _matrix(comparison: ContinualComparison, row: MethodSummary) -> Table:
    table = Table(box=SIMPLE_HEAD)
    table.add_column(say("after"))
    for name in comparison.domains:
        table.add_column(Text(_safe(name)), justify="right")
    for stage, name in enumerate(comparison.domains):
        cells = [row.cell(stage, domain) for domain in range(len(comparison.domains))]
        if all(cell is not None for cell in cells):
            table.add_row(
                Text(_safe(name)),
                *(
                    Text(f"{100 * (cell or 0):.1f}", "bold" if domain <= stage else "dim")
                    for domain, cell in enumerate(cells)
                ),
            )
    return table


def _write(comparison: ContinualComparison, outputs: Sequence[Path]) -> None:
    from guandian.report.evaluation.continual_page import continual_page
    from guandian.report.evaluation.continual_picture import draw_comparison

    figures = json.dumps(comparison.to_json(), ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    svg = draw_comparison(comparison, "svg")
    contents = (
        figures.encode(),
        continual_page(comparison, svg).encode(),
        draw_comparison(comparison, "png"),
        svg,
    )
    for path, content in zip(outputs, contents, strict=True):
        write_whole(path, content, overwrite=True)


def _safe(name: str) -> str:
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in name)
