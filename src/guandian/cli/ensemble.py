"""`guandian ensemble`: several bundles that answer as one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from guandian.bundle import folders_of
from guandian.bundle.ensemble import ENSEMBLE
from guandian.cli.console.notes import tell
from guandian.cli.runners.training_results import tell_ensemble
from guandian.data.corpora import corpus_files, load
from guandian.data.taxonomy import all_to_default, taxonomy
from guandian.domain import Labelled
from guandian.errors import BadRow
from guandian.io.output_guard import keep_apart
from guandian.pipelines import make_ensemble, open_labels
from guandian.wording import explained, say

_SHOWN = 5


def ensemble(
    bundles: Annotated[
        list[Path], typer.Argument(metavar="BUNDLE", help="Folders of at least two bundles.")
    ],
    out: Annotated[Path, typer.Option("-o", "--out", help="The ensemble's folder.")],
    data: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SET",
            help="Labelled reviews that no member learned from, to fit the confidence on: a .jsonl "
            "file or a name of `guandian data list`; may be repeated.",
        ),
    ] = None,
    root: Annotated[Path, typer.Option(help="The data folder, or its parent.")] = Path(),
    part: Annotated[str, typer.Option(help="Which part of a named set.")] = "dev",
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an ensemble that exists.")
    ] = False,
) -> None:
    """Make bundles answer as one."""
    reads = [path for folder in bundles for path in folders_of(folder)]
    reads += [path for name in data or () for path in corpus_files(name, root)]
    keep_apart([out / ENSEMBLE], reads)
    rows = [row for name in data or () for row in _read(name, root, part)]
    if rows and open_labels(bundles[0]).spec.categories == tuple(taxonomy()):
        rows = all_to_default(rows)
    tell_ensemble(make_ensemble(bundles, out, rows, overwrite=overwrite))


def _read(name: str, root: Path, part: str) -> list[Labelled]:
    bad: list[BadRow] = []
    rows = load(name, root, part, on_error=bad.append)
    for row in bad[:_SHOWN]:
        tell(f"{say('left out')}: {explained(str(row))}")
    if len(bad) > _SHOWN:
        more = say("more bad rows")
        tell(f"{say('left out')}: {len(bad) - _SHOWN} {more}")
    return rows
