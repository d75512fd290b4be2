"""`guandian evaluate`: score a bundle, or any system's recorded answers, on labelled reviews."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from guandian.cli.console.notes import tell
from guandian.cli.console.options import refuse_beside
from guandian.cli.tables.evaluation_tables import print_report, show_suite
from guandian.data.taxonomy import taxonomy_names
from guandian.domain import Labelled
from guandian.evaluation import Report, set_side_by_side
from guandian.evaluation.behaviour import all_capabilities, read_suite, score_suite
from guandian.experiments.predictors import (
    LabelledPlace,
    System,
    labelled_files,
    learned_remarks,
    open_system,
)
from guandian.io.atomic import write_whole
from guandian.io.output_guard import (
    HTML_ENDINGS,
    JSON_ENDINGS,
    keep_files_apart,
    refuse_outputs,
    require_ending,
)
from guandian.report.evaluation.page import render_page
from guandian.tracking.status import files_behind
from guandian.wording import Name

Asked = Annotated[
    Path,
    typer.Argument(
        metavar="BUNDLE",
        help="A bundle's folder, guandian-small, or mined JSON Lines of any system.",
    ),
]
Data = Annotated[
    Path | None, typer.Argument(metavar="DATA", help="Labelled reviews: a file or folder.")
]
Format = Annotated[str, typer.Option(help="The format of DATA.")]
Corpus = Annotated[
    str | None, typer.Option(help="A set that recipes know, instead of DATA; needs --root.")
]
Root = Annotated[Path | None, typer.Option(help="The data folder, or its parent.")]
Parts = Annotated[
    list[str] | None,
    typer.Option(help="A part to score on, by default dev; may be repeated."),
]
Groups = Annotated[
    list[str] | None,
    typer.Option(help="Only the reviews of a product category or domain; may be repeated."),
]
Mapping = Annotated[
    Literal["auto", "own", "default"],
    typer.Option(
        help="Compare the set's own categories, or the default ones they map to; "
        "auto: default where BUNDLE has the default taxonomy."
    ),
]
Matching = Annotated[
    Literal["auto", "span", "text"],
    typer.Option(help="Spans by offsets or by text; auto: text for the zhijiang format."),
]
Custom = Annotated[
    str | None,
    typer.Option(help="Answer by this custom of annotation; by default by that of the set."),
]
Suite = Annotated[
    Path | None,
    typer.Option(help="A behaviour suite, JSON Lines of cases, in place of DATA."),
]
Against = Annotated[
    list[Path] | None, typer.Option(help="Another system to set beside it; may be repeated.")
]
OtherSeeds = Annotated[
    list[Path] | None, typer.Option(help="Its recipe under another seed; may be repeated.")
]
Baselines = Annotated[
    bool, typer.Option(help="Learn simple systems from the train part and set them beside it.")
]
Seed = Annotated[int, typer.Option(help="Of the bootstrap.", min=0)]
JsonOut = Annotated[
    Path | None,
    typer.Option("--json", help="Write every figure to this file."),
]
Html = Annotated[Path | None, typer.Option(help="Write a page to this file.")]
Overwrite = Annotated[bool, typer.Option(help="Replace files that exist.")]


def evaluate(
    context: typer.Context,
    system: Asked,
    data: Data = None,
    format: Format = "guandian",
    corpus: Corpus = None,
    root: Root = None,
    part: Parts = None,
    group: Groups = None,
    category_mapping: Mapping = "auto",
    match: Matching = "auto",
    custom: Custom = None,
    suite: Suite = None,
    against: Against = None,
    other_seed: OtherSeeds = None,
    baselines: Baselines = False,
    seed: Seed = 0,
    json_out: JsonOut = None,
    html: Html = None,
    overwrite: Overwrite = False,
) -> None:
    """Score a bundle on labelled reviews."""
    named, seeds = (system, *(against or ())), tuple(other_seed or ())
    parts = tuple(dict.fromkeys(part or ("dev",)))
    reads = [
        *(path for system_path in (*named, *seeds) for path in files_behind(system_path)),
        *labelled_files(data, format, corpus, root, (*parts, "train")),
        suite,
    ]
    keep_files_apart([json_out, html], reads)
    if suite is not None:
        does = "asks one system about the cases of a file"
        refuse_beside(context, "suite", does, "system", "custom", "json_out", "overwrite")
        _suite(open_system(system, custom), suite, json_out, overwrite=overwrite)
        return
    others, twins = (
        [open_system(path, custom, required=False) for path in paths]
        for paths in (against or (), seeds)
    )
    systems = [open_system(system, custom), *others]
    mapped = category_mapping == "default" or (
        category_mapping == "auto" and systems[0].has_default_categories
    )
    labelled = LabelledPlace(data, format, corpus, root, mapped, tell)
    groups = tuple(dict.fromkeys(group or ()))
    required = category_mapping == "default"
    examples, mapped = labelled.comparable(parts, groups, required=required)
    refuse_outputs([json_out, html], overwrite=overwrite)
    require_ending(json_out, JSON_ENDINGS)
    require_ending(html, HTML_ENDINGS)
    if custom is not None:  # the set's own has no say then
        examples = [replace(example, custom="") for example in examples]
    if baselines:
        systems += _baselines(replace(labelled, mapped=mapped).train(), examples)
    name = " ".join(filter(None, (corpus or str(data), *labelled.within(parts), *groups)))
    mode = labelled.mode if match == "auto" else match
    contenders, same_recipe = (
        [scored.score(examples, name, mode, seed, tell) for scored in alike]
        for alike in (systems, twins)
    )
    remarks: list[Name] = []
    for path in (*named, *seeds):
        remarks += learned_remarks(path, str(path), examples)
    for remark in remarks:
        tell(str(remark))
    report = Report(
        contenders[0].evaluation,
        set_side_by_side(contenders) if len(contenders) > 1 else None,
        tuple(contender.evaluation for contender in same_recipe),
    )
    names = taxonomy_names() if mapped or systems[0].has_default_categories else {}
    print_report(report, Console(markup=False, highlight=False), names)
    if json_out is not None:
        write_whole(json_out, _json(report, remarks).encode(), overwrite=overwrite)
    if html is not None:
        write_whole(html, render_page(report, names, remarks).encode(), overwrite=overwrite)


def _suite(system: System, suite: Path, json_out: Path | None, *, overwrite: bool) -> None:
    """Score one system on a behaviour suite."""
    cases = read_suite(suite)
    refuse_outputs([json_out], overwrite=overwrite)
    require_ending(json_out, JSON_ENDINGS)
    scores = score_suite(system.predictor, cases)
    rows = [*scores, all_capabilities(scores)]
    show_suite(rows, Console(markup=False, highlight=False), f"{system.name} · {suite.name}")
    if json_out is not None:
        by_capability = {
            row.capability: {"passed": row.passed, "cases": row.cases, "share": row.share}
            for row in rows
        }
        write_whole(
            json_out, (json.dumps(by_capability, indent=1) + "\n").encode(), overwrite=overwrite
        )


def _baselines(train: list[Labelled], examples: list[Labelled]) -> list[System]:
    from guandian.baselines import fit_baselines

    baselines = fit_baselines(train, [example.text for example in examples])
    return [System(name, system) for name, system in baselines]


def _json(report: Report, remarks: Sequence[Name]) -> str:
    figures = report.to_json() | {"remarks": [remark.en for remark in remarks]}
    return json.dumps(figures, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
