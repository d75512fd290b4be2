"""`guandian aspects`: which names of aspects may mean one thing, for a person to decide."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Mined = Annotated[Path, typer.Argument(metavar="MINED", help="What `guandian mine` wrote.")]
Out = Annotated[
    Path | None,
    typer.Option("-o", "--out", help="The list; by default beside it, its ending .names.txt."),
]
Known = Annotated[
    Path | None,
    typer.Option(
        "--synonyms",
        help="More names of aspects that mean one thing: a thing a line, commas.",
    ),
]
Alike = Annotated[
    float, typer.Option(min=0.3, max=1, help="How alike two things are at least, on average.")
]
Mentions = Annotated[
    int, typer.Option(min=1, help="Only names that were mined so many times at least.")
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace a list that exists.")]


def propose_names(
    mined: Mined,
    out: Out = None,
    synonyms: Known = None,
    alike: Alike = 0.52,
    mentions: Mentions = 2,
    overwrite: Overwrite = False,
) -> None:
    """Propose names of aspects that mean one thing."""
    from collections import Counter

    from guandian.files import read_mined
    from guandian.io.atomic import write_whole
    from guandian.io.output_guard import keep_files_apart, refuse_outputs
    from guandian.mining.aspect_groups import group_aspects, proposals, proposed_lines
    from guandian.mining.job_manifest import record_of
    from guandian.mining.name_vectors import NameVectors
    from guandian.text.aspect_names import synonyms as listed
    from guandian.wording import counted, say

    target = out or mined.with_suffix(".names.txt")
    keep_files_apart([target], [mined, record_of(mined), synonyms])
    known = listed(synonyms)
    refuse_outputs([target], overwrite=overwrite)
    counts = Counter(
        review.text[opinion.aspect.start : opinion.aspect.end]
        for review, answer in read_mined(mined)
        for opinion in answer.opinions
        if opinion.aspect is not None
    )
    often = {name: count for name, count in counts.items() if count >= mentions}
    groups = group_aspects(often, NameVectors.shipped(), known, least=alike)
    lines = proposed_lines(proposals(groups, known))
    head = say(
        "Take the // off a line whose names mean one thing, and give this file to --synonyms."
    )
    write_whole(target, "\n".join([f"// {head}", *lines, ""]).encode(), overwrite=overwrite)
    things = counted(len(groups), "things")
    typer.echo(f"{things}, {counted(len(lines), 'proposals')} -> {target}")
