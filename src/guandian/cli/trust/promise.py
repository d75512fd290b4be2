"""`guandian promise`: which precision a model's confidence can promise, measured on labels."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from guandian.wording import counted, say

BundleArgument = Annotated[
    Path, typer.Argument(metavar="BUNDLE", help="A bundle's folder, or guandian-small.")
]
Data = Annotated[
    Path,
    typer.Argument(
        metavar="DATA", help="Labelled reviews that it did not learn from: a file or folder."
    ),
]
Format = Annotated[str, typer.Option(help="The format of DATA.")]
Part = Annotated[str, typer.Option(help="The part of a folder to measure on.")]
Out = Annotated[Path, typer.Option("-o", "--out", help="Where the promises go: .json.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace an output that exists.")]


def promise(
    bundle: BundleArgument,
    data: Data,
    out: Out,
    format: Format = "guandian",
    part: Part = "dev",
    overwrite: Overwrite = False,
) -> None:
    """Measure which precision a model can promise."""
    from rich.console import Console
    from rich.table import Table

    from guandian.bundle import folders_of
    from guandian.data import read
    from guandian.data.formats import part_files
    from guandian.display.tables import Fitted
    from guandian.io.atomic import write_whole
    from guandian.io.output_guard import (
        JSON_ENDINGS,
        keep_files_apart,
        refuse_outputs,
        require_ending,
    )
    from guandian.pipelines.promising import measure_promises

    keep_files_apart([out], [*folders_of(bundle), *part_files(format, data, part)])
    require_ending(out, JSON_ENDINGS)
    examples = list(read(format, data, part=part))
    refuse_outputs([out], overwrite=overwrite)
    promises = measure_promises(bundle, examples, data.name)
    write_whole(out, promises.to_json().encode(), overwrite=overwrite)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(say("right"))
    table.add_column(say("language"))
    table.add_column(say("precision"), justify="right")
    table.add_column(say("confidence"), justify="right")
    table.add_column(say("held back"), justify="right")
    for meaning, languages in promises.rows.items():
        for language, rows in languages.items():
            for precision, threshold, share in rows:
                if round(precision * 100) % 5 == 0 or precision == rows[-1][0]:
                    cells = (f"{precision:.2f}", f"{threshold:.3f}", f"{1 - share:.0%}")
                    table.add_row(meaning, language, *cells)
    console = Console(highlight=False)
    console.print(Fitted(table))
    console.print(f"{counted(promises.opinions['all'], 'opinions')} → {out}", soft_wrap=True)
