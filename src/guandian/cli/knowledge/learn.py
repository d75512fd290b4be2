"""`guandian knowledge learn`: a bundle again, with names learned from labelled texts beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

BundleArgument = Annotated[
    Path, typer.Argument(metavar="BUNDLE", help="A bundle's folder, or guandian-small.")
]
Data = Annotated[
    Path | None,
    typer.Argument(metavar="DATA", help="Texts labelled for entities: a file or folder."),
]
Format = Annotated[str, typer.Option(help="The format of DATA.")]
CorpusOption = Annotated[
    str | None, typer.Option(help="A set that recipes know, instead of DATA; needs --root.")
]
Root = Annotated[Path | None, typer.Option(help="The data folder, or its parent.")]
Part = Annotated[str, typer.Option(help="The part to learn from.")]
Out = Annotated[Path, typer.Option("-o", "--out", help="The folder of the new bundle.")]
CatalogueOption = Annotated[
    Path | None,
    typer.Option("--catalogue", help="Names that count besides: .csv, .tsv, .jsonl, or JSON-LD."),
]
Seed = Annotated[int, typer.Option(min=0, help="Of folds and trees.")]
Control = Annotated[
    bool,
    typer.Option("--control", help="Let the trees see the model's scores alone, to compare with."),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace a bundle that exists.")]


def learn(
    bundle: BundleArgument,
    out: Out,
    data: Data = None,
    format: Format = "guandian",
    corpus: CorpusOption = None,
    root: Root = None,
    part: Part = "train",
    catalogue: CatalogueOption = None,
    seed: Seed = 1,
    control: Control = False,
    overwrite: Overwrite = False,
) -> None:
    """Learn names from labelled texts, to be asked along with a model."""
    from guandian.bundle import folders_of
    from guandian.bundle.bundle import MANIFEST
    from guandian.cli.console.notes import tell
    from guandian.experiments.predictors import LabelledPlace, labelled_files
    from guandian.io.output_guard import keep_apart, refuse_other_folder
    from guandian.pipelines.knowledge.gazetteer_learning import with_gazetteer
    from guandian.pipelines.knowledge.listed_names import listed_names
    from guandian.wording import counted, say

    reads = [*labelled_files(data, format, corpus, root, (part,)), *folders_of(bundle)]
    reads += [] if catalogue is None else [catalogue]
    keep_apart([out], reads)
    refuse_other_folder(out, MANIFEST, overwrite=overwrite)
    labelled = LabelledPlace(data, format, corpus, root, False, tell)
    records = labelled.read((part,))
    listed = None if catalogue is None else listed_names(catalogue)
    learned = with_gazetteer(
        bundle, records, out, seed, heeded=not control, listed=listed, overwrite=overwrite
    )
    typer.echo(
        f"{counted(learned.texts, 'texts')}, {counted(learned.phrases, 'names')}; "
        + say("entity F1 on the fifth left out, which the model may have seen")
        + f": {learned.alone:.3f} → {learned.with_names:.3f} → {out}"
    )
