"""`guandian knowledge link`: mined reviews again, with what a catalogue and a lexicon know."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Mined = Annotated[Path, typer.Argument(metavar="MINED", help="What `guandian mine` wrote: .jsonl.")]
Out = Annotated[Path, typer.Option("-o", "--out", help="Where the linked reviews go: .jsonl.")]
CatalogueOption = Annotated[
    Path | None,
    typer.Option("--catalogue", help="A .csv, .tsv, .jsonl, or JSON-LD as .json."),
]
LexiconOption = Annotated[
    Path | None, typer.Option("--lexicon", help="A table: word, polarity, perhaps aspect.")
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace an output that exists.")]


def link(
    mined: Mined,
    out: Out,
    catalogue: CatalogueOption = None,
    lexicon: LexiconOption = None,
    overwrite: Overwrite = False,
) -> None:
    """Link mined reviews to a catalogue, and note what knowledge contradicts."""
    import json
    from dataclasses import replace

    from guandian.cli.knowledge.catalogue_tables import link_counts, tell_bad_rows
    from guandian.errors import GuandianError
    from guandian.files import read_mined
    from guandian.files.output.json_record import to_wire
    from guandian.io.atomic import write_whole
    from guandian.io.output_guard import keep_files_apart, refuse_outputs, require_ending
    from guandian.knowledge.known_reviews import with_earlier
    from guandian.mining.job_manifest import record_of
    from guandian.pipelines.knowledge.known_files import KnownFiles

    if catalogue is None and lexicon is None:
        raise GuandianError(
            "nothing is named that reviews could be linked to", "name --catalogue or --lexicon"
        )
    keep_files_apart([out], [mined, record_of(mined), catalogue, lexicon])
    things, bad = KnownFiles(catalogue, lexicon).opened
    require_ending(out, (".jsonl",))
    refuse_outputs([out], overwrite=overwrite)
    tell_bad_rows(bad)
    lines, known = [], []
    for review, answer in read_mined(mined):
        knowledge = with_earlier(things.of(review, answer), answer.knowledge, things)
        known.append(knowledge)
        record = to_wire(review, replace(answer, knowledge=knowledge))
        lines.append(json.dumps(record, ensure_ascii=False) + "\n")
    write_whole(out, "".join(lines).encode(), overwrite=overwrite)
    typer.echo(f"{link_counts(known)} → {out}")
