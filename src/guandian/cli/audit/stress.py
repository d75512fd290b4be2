"""`guandian audit stress`: how a model holds when the texts that it reads are changed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

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
Limit = Annotated[int, typer.Option(min=1, help="So many reviews at most, drawn by the seed.")]
Seed = Annotated[int, typer.Option(help="Of what is drawn.", min=0)]


def stress(
    bundle: BundleArgument,
    data: Data = None,
    format: Format = "guandian",
    corpus: Corpus = None,
    root: Root = None,
    part: Part = "dev",
    limit: Limit = 200,
    seed: Seed = 1,
) -> None:
    """Change the texts that a model reads, and count what it then gets wrong."""
    from random import Random

    from rich.console import Console

    from guandian.audits.stress.capability_table import sentiment_rows
    from guandian.audits.stress.disturbances import disturbances
    from guandian.audits.stress.sentiment_judge import SentimentJudge, with_sentiment
    from guandian.audits.stress.stress_view import capability_view
    from guandian.cli.console.notes import tell
    from guandian.domain import Polarity
    from guandian.experiments.predictors import LabelledPlace
    from guandian.pipelines.miners import open_miner

    rows = with_sentiment(LabelledPlace(data, format, corpus, root, False, tell).read([part]))
    chosen = Random(seed).sample(rows, min(limit, len(rows)))  # noqa: S311
    binary = all(row.sentiment is not Polarity.NEUTRAL for row in chosen)
    judge = SentimentJudge(open_miner(bundle, 1), binary=binary)
    table = sentiment_rows(judge, chosen, disturbances(), seed)
    Console(highlight=False).print(capability_view(table))
