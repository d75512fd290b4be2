"""`guandian audit stress`: how a model holds when the texts that it reads are changed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from guandian.cli.console.options import refuse_without

BundleArgument = Annotated[
    Path, typer.Argument(metavar="BUNDLE", help="A bundle's folder, or guandian-small.")
]
Data = Annotated[
    Path | None, typer.Argument(metavar="DATA", help="Labelled reviews: a file or folder.")
]
Format = Annotated[str, typer.Option(help="The format of DATA.")]
Corpus = Annotated[
    str | None, typer.Option(help="A set that recipes know, instead of DATA; needs --root.")
]
Root = Annotated[Path | None, typer.Option(help="The data folder, or its parent.")]
Part = Annotated[str, typer.Option(help="The part of a folder to measure on.")]
Suite = Annotated[Path | None, typer.Option(help="A behaviour suite besides, JSON Lines of cases.")]
Share = Annotated[
    float, typer.Option(min=0.01, max=0.5, help="Of a text's characters, what may be changed.")
]
AttackOption = Annotated[
    bool, typer.Option("--attack", help="Search for the changes that turn each answer.")
]
Rounds = Annotated[
    int, typer.Option(min=0, max=6, help="Defend by cleaning and attack again, so many times.")
]
Queries = Annotated[int, typer.Option(min=10, help="Readings of a text that a search may take.")]
Restore = Annotated[
    bool, typer.Option("--restore", help="Write disguised words back before the model reads.")
]
Certify = Annotated[
    bool,
    typer.Option("--certify", help="Count the short reviews that no few edits can turn."),
]
Deleted = Annotated[
    float,
    typer.Option(min=0.1, max=0.99, help="For --certify: the share of characters deleted."),
]
Votes = Annotated[int, typer.Option(min=50, help="For --certify: copies of a review that vote.")]
Limit = Annotated[
    int, typer.Option(min=1, help="So many reviews at most for each task, drawn by the seed.")
]
Seed = Annotated[int, typer.Option(help="Of all that is drawn.", min=0)]
Out = Annotated[
    Path | None,
    typer.Option("-o", "--out", help="Write the texts that turned an answer, labelled: .jsonl."),
]
JsonOut = Annotated[Path | None, typer.Option("--json", help="Write every figure to this file.")]
Html = Annotated[Path | None, typer.Option(help="Write a page to this file.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace an output that exists.")]


def stress(
    context: typer.Context,
    bundle: BundleArgument,
    data: Data = None,
    format: Format = "guandian",
    corpus: Corpus = None,
    root: Root = None,
    part: Part = "dev",
    suite: Suite = None,
    share: Share = 0.15,
    attack: AttackOption = False,
    rounds: Rounds = 0,
    queries: Queries = 200,
    restore: Restore = False,
    certify: Certify = False,
    deleted: Deleted = 0.9,
    votes: Votes = 400,
    limit: Limit = 200,
    seed: Seed = 1,
    out: Out = None,
    json_out: JsonOut = None,
    html: Html = None,
    overwrite: Overwrite = False,
) -> None:
    """Change the texts that a model reads, and count what it then gets wrong."""
    from rich.console import Console

    from guandian.audits.stress.certificate import Smoothing
    from guandian.audits.stress.stress_json import stress_json
    from guandian.audits.stress.stress_test import StressPlan, StressTest
    from guandian.audits.stress.stress_view import round_line, stress_page, stress_view
    from guandian.bundle import folders_of
    from guandian.cli.console.notes import tell
    from guandian.data.readers.guandian_jsonl import own_line
    from guandian.evaluation.behaviour import read_suite
    from guandian.experiments.predictors import LabelledPlace, labelled_files
    from guandian.io.atomic import write_text_whole, write_whole
    from guandian.io.output_guard import (
        HTML_ENDINGS,
        JSON_ENDINGS,
        keep_files_apart,
        refuse_outputs,
        require_ending,
    )
    from guandian.mining.miner import Miner
    from guandian.pipelines.miners import cleaned_by, open_miner
    from guandian.text.disguises.restoring import KINDS, Disguise, restoring

    outputs = [out, json_out, html]
    reads = [*folders_of(bundle), *labelled_files(data, format, corpus, root, [part]), suite]
    keep_files_apart(outputs, reads)
    _refuse_idle(context, searched=attack or rounds > 0, certify=certify)
    records = LabelledPlace(data, format, corpus, root, False, tell).read([part])
    cases = read_suite(suite) if suite is not None else []
    refuse_outputs(outputs, overwrite=overwrite)
    require_ending(out, (".jsonl",))
    require_ending(json_out, JSON_ENDINGS)
    require_ending(html, HTML_ENDINGS)
    miner = open_miner(bundle)

    def behind(kinds: frozenset[Disguise]) -> Miner:
        return cleaned_by(miner, restoring(kinds), " ".join(sorted(kinds))) if kinds else miner

    smoothing = Smoothing(deleted, copies=votes, seed=seed) if certify else None
    plan = StressPlan(share, queries, attack, rounds, smoothing, limit, seed)
    progress = Console(stderr=True, highlight=False)
    test = StressTest(
        behind,
        plan,
        lambda step: progress.print(round_line(step)),
        frozenset(KINDS) if restore else frozenset(),
    )
    results = test.run(miner.model, corpus or (data.name if data else ""), records, cases)
    Console(highlight=False).print(stress_view(results))
    if out is not None:
        write_whole(out, b"".join(map(own_line, results.copies)), overwrite=overwrite)
    if json_out is not None:
        write_text_whole(json_out, stress_json(results), overwrite=overwrite)
    if html is not None:
        write_text_whole(html, stress_page(results), overwrite=overwrite)


def _refuse_idle(context: typer.Context, *, searched: bool, certify: bool) -> None:
    """Refuse options of a search or of a certificate that nobody asks for.

    Raises:
        GuandianError: naming them.
    """
    if not searched:
        refuse_without(context, "--attack or --rounds", "out", "queries")
    if not certify:
        refuse_without(context, "--certify", "deleted", "votes")
