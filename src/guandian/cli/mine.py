"""`guandian mine`: files of reviews in, opinions with their evidence out."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from guandian.cli.console.options import refuse_beside_text
from guandian.cli.console.review_layout import (
    Delimiter,
    Encoding,
    FormatOption,
    Header,
    HeaderRow,
    Sheet,
    layout_of,
)
from guandian.errors import GuandianError

if TYPE_CHECKING:
    from guandian.evaluation.rightness import Meaning
    from guandian.mining.caution.familiarity import Unlike
    from guandian.mining.caution.promises import Caution, Promise
    from guandian.pipelines.engines.answer_settings import AnswerSettings
    from guandian.privacy import Masking, Mode

_HEEDED_BY_TEXT = (
    "model", "custom", "threads", "quiet", "boilerplate", "mask", "mask_key", "precision",
    "precision_of", "promises", "unlike", "evenly", "restore", "abuse", "catalogue", "lexicon",
)  # fmt: skip
Files = Annotated[
    list[str] | None,
    typer.Argument(help="CSV, TSV, JSON, text, Excel, Parquet; - is standard input."),
]
Out = Annotated[
    Path | None,
    typer.Option("-o", "--out", help="The output: .jsonl, .csv, .tsv, .xlsx, .parquet or .bio."),
]
TextOption = Annotated[str | None, typer.Option(help="One review, shown with its spans coloured.")]
Bundle = Annotated[
    Path | None, typer.Option("--model", help="The folder of a bundle or run, or a shipped name.")
]
CustomOption = Annotated[
    str | None,
    typer.Option(
        "--custom",
        help="Mark only what the annotators of an older set would, such as make-up.",
    ),
]
Errors = Annotated[Literal["stop", "skip"], typer.Option(help="At a row that cannot be read.")]
Rejects = Annotated[
    Path | None, typer.Option(help="Where skipped rows go; by default beside the output.")
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace an output that exists.")]
Resume = Annotated[
    bool, typer.Option("--resume", help="Go on with an unfinished job; a finished one stays.")
]
Limit = Annotated[int | None, typer.Option(min=1, help="Read so many reviews at most.")]
Threads = Annotated[int | None, typer.Option(min=1, help="By default, every core.")]
EngineOption = Annotated[
    Literal["local", "ray"],
    typer.Option(help="What mines: threads here, or workers of the Ray cluster at RAY_ADDRESS."),
]
Workers = Annotated[
    int | None,
    typer.Option(min=1, help="Of --engine ray; by default one for each core of the cluster."),
]
Hidden = Annotated[
    Literal["read", "skip"], typer.Option(help="Rows and columns that an Excel input hides.")
]
Columns = Annotated[
    list[str] | None,
    typer.Option(
        metavar="ROLE=COLUMN,...",
        help="Names or numbers of columns: text, id, product, brand, rating, time, user, source; "
        "several of text are parts of one review.",
    ),
]
TimeFormat = Annotated[
    str | None, typer.Option(help="How the input writes its days, such as '%d/%m/%Y'.")
]
Filler = Annotated[
    Path | None,
    typer.Option(
        "--boilerplate", help="More texts that are set aside as no opinions, one a line of a file."
    ),
]
Mask = Annotated[
    Literal["off", "mask", "pseudonym", "last4"],
    typer.Option(
        "--mask", help="Hide phone numbers, names, addresses and the like before anything is kept."
    ),
]
MaskKey = Annotated[
    Path | None,
    typer.Option(help="The file with the secret behind pseudonyms, at least 16 bytes."),
]
Precision = Annotated[
    float | None,
    typer.Option(help="Keep the opinions of which this share is right, such as 0.9."),
]
PrecisionOf = Annotated[
    Literal["whole", "triplet", "polarity"],
    typer.Option(
        help="What is right: the whole opinion, all but its category, or words and polarity."
    ),
]
PromisesFile = Annotated[
    Path | None,
    typer.Option("--promises", help="What `guandian promise` measured of an own model."),
]
UnlikeOption = Annotated[
    Literal["warn", "hold"] | None,
    typer.Option(
        help="At a review unlike those the model learned from: warn, or hold its opinions back."
    ),
]
EvenlyOption = Annotated[
    bool,
    typer.Option(
        "--evenly", help="Read names, genders, origins and brands as one of their kind each."
    ),
]
RestoreOption = Annotated[
    bool,
    typer.Option("--restore", help="Write disguised words back before the model reads."),
]
AbuseOption = Annotated[
    bool,
    typer.Option("--abuse", help="Mark Chinese reviews that insult people; they lose nothing."),
]
CatalogueOption = Annotated[
    Path | None,
    typer.Option(
        "--catalogue",
        help="Brands, models, parts (CSV or JSON-LD): what a review names is linked to them.",
    ),
]
LexiconOption = Annotated[
    Path | None,
    typer.Option(help="Words with their polarity: noted where a sure opinion says the opposite."),
]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress bar, columns or summary.")]


def mine(
    context: typer.Context,
    files: Files = None,
    out: Out = None,
    text: TextOption = None,
    model: Bundle = None,
    custom: CustomOption = None,
    on_error: Errors = "stop",
    rejects: Rejects = None,
    overwrite: Overwrite = False,
    resume: Resume = False,
    limit: Limit = None,
    threads: Threads = None,
    engine: EngineOption = "local",
    workers: Workers = None,
    format: FormatOption = None,
    encoding: Encoding = None,
    delimiter: Delimiter = None,
    header: Header = True,
    header_row: HeaderRow = None,
    sheet: Sheet = None,
    hidden: Hidden = "read",
    columns: Columns = None,
    time_format: TimeFormat = None,
    boilerplate: Filler = None,
    mask: Mask = "off",
    mask_key: MaskKey = None,
    precision: Precision = None,
    precision_of: PrecisionOf = "whole",
    promises: PromisesFile = None,
    unlike: UnlikeOption = None,
    evenly: EvenlyOption = False,
    restore: RestoreOption = False,
    abuse: AbuseOption = False,
    catalogue: CatalogueOption = None,
    lexicon: LexiconOption = None,
    quiet: Quiet = False,
) -> None:
    """Mine opinions from reviews."""
    _require_input(text, files)
    if text is not None:
        refuse_beside_text(context, *_HEEDED_BY_TEXT)
    promise = _promise(precision, precision_of, promises, model, custom)
    known, how = (catalogue, lexicon), {"evenly": evenly, "restore": restore, "abuse": abuse}
    manner = partial(_manner, promise, unlike, model, known, **how)
    if text is not None:
        hiding = _masking(mask, mask_key) if mask != "off" or mask_key else None
        careful = promise or unlike or any(how.values()) or any(known)
        _show(text, hiding, model, threads, custom, boilerplate, manner() if careful else None)
        return
    out = None if str(out) == "-" else out
    _refuse_idle_resume(out, resume=resume, overwrite=overwrite)
    refuse_idle_options(engine, workers, threads, out)
    from guandian.cli.runners.mining_run import MiningTask
    from guandian.engine import usable_cores
    from guandian.files import parse_columns
    from guandian.mining.inputs import Inputs

    layout = layout_of(format, encoding, delimiter, header, header_row, sheet)
    layout = replace(layout, time_format=time_format, hidden=hidden)
    choice, hiding = parse_columns(columns or ()), _masking(mask, mask_key)
    inputs = Inputs(tuple(files or ()), choice, layout, on_error, limit, hiding)
    task = MiningTask(
        inputs, model, threads or usable_cores(), quiet, custom, boilerplate, mask_key, manner(),
        promises, engine, workers,
    )  # fmt: skip
    if out is None:
        task.to_standard_output(rejects, overwrite=overwrite)
    else:
        task.to_file(out, rejects, "overwrite" if overwrite else "resume" if resume else "new")


def _require_input(text: str | None, files: list[str] | None) -> None:
    """Refuse a call with nothing to mine, or with a text and files.

    Raises:
        GuandianError: which of them it is.
    """
    if text is not None and files:
        raise GuandianError(
            "--text is one review, and files are named too", "leave out --text, or the files"
        )
    if text is None and not files:
        raise GuandianError(
            "mine takes files or a text",
            "guandian mine reviews.csv -o opinions.jsonl, or "
            'guandian mine --text "The screen is sharp"',
        )


def _refuse_idle_resume(out: Path | None, *, resume: bool, overwrite: bool) -> None:
    """Refuse to go on where there is nothing to go on with.

    Raises:
        GuandianError: `--resume` without an output, or beside `--overwrite`.
    """
    if out is None and resume:
        raise GuandianError("--resume goes on with a file", "name the output with -o")
    if overwrite and resume:
        raise GuandianError("--overwrite and --resume exclude each other", "say one of them")


def refuse_idle_options(
    engine: str, workers: int | None, threads: int | None, out: Path | None
) -> None:
    """Refuse options that would do nothing beside the engine.

    Raises:
        GuandianError: `--workers` without Ray; `--threads` or no output with it.
    """
    if engine == "local" and workers is not None:
        raise GuandianError(
            "--workers is of --engine ray", "say --threads here, or --engine ray as well"
        )
    if engine == "ray" and threads is not None:
        raise GuandianError(
            "--threads is of --engine local; each worker of Ray has one", "say --workers"
        )
    if engine == "ray" and out is None:
        raise GuandianError("--engine ray writes a file", "name the output with -o")


def _promise(
    precision: float | None,
    meaning: Meaning,
    file: Path | None,
    model: Path | None,
    custom: str | None,
) -> Promise | None:
    """The promise that the options ask for; None where they ask for none.

    Raises:
        GuandianError: nobody measured it, it cannot be kept, or an option would do nothing.
    """
    if precision is None and file is None and meaning == "whole":
        return None
    from guandian.pipelines.promising import promise_of

    return promise_of(model, precision, meaning, *([file] if file else []), custom=custom)


def _caution(promise: Promise | None, unlike: Unlike | None, model: Path | None) -> Caution:
    """What is kept of what is mined.

    Raises:
        GuandianError: nobody measured what the model learned from.
    """
    from guandian.mining.caution.promises import Caution

    if unlike is not None:
        from guandian.pipelines.miners import require_familiarity

        require_familiarity(model)
    return Caution(promise, unlike)


def _manner(
    promise: Promise | None,
    unlike: Unlike | None,
    model: Path | None,
    known: tuple[Path | None, Path | None],
    **how: bool,
) -> AnswerSettings:
    """How reviews are read, and what becomes of the answers; `how` as `AnswerSettings` has it.

    Raises:
        GuandianError: a precision of reviews that are read otherwise than it was measured.
    """
    changed = next((name for name in ("evenly", "restore") if how[name]), None)
    if promise and changed:
        raise GuandianError(
            f"--precision was measured of reviews as they are, and --{changed} reads them"
            " otherwise",
            "leave out one of them",
        )
    from guandian.pipelines.engines.answer_settings import AnswerSettings
    from guandian.pipelines.knowledge.known_files import KnownFiles

    return AnswerSettings(_caution(promise, unlike, model), **how, known=KnownFiles(*known))


def _masking(mode: Mode, key: Path | None) -> Masking:
    """The masking that the options ask for.

    Raises:
        GuandianError: a key without pseudonyms, pseudonyms without a key, a bad key.
    """
    from guandian.privacy import MAKE_SECRET, Masking, read_secret

    if key is None and mode != "pseudonym":
        return Masking(mode)
    if key is None:
        raise GuandianError("--mask pseudonym needs --mask-key", MAKE_SECRET)
    if mode != "pseudonym":
        raise GuandianError(
            f"--mask-key is of pseudonyms, and --mask is {mode}",
            "say --mask pseudonym, or leave out --mask-key",
        )
    return Masking(mode, read_secret(key))


def _show(
    text: str,
    masking: Masking | None,
    bundle: Path | None,
    threads: int | None,
    custom: str | None,
    filler: Path | None,
    manner: AnswerSettings | None,
) -> None:
    """Answer one text, and load nothing that only files, or options left out, need."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise GuandianError(
            f"the text is not Unicode: see its character {error.start + 1}",
            "give it in the encoding of the terminal, or in a file with --encoding",
        ) from error
    if not text.strip():
        raise GuandianError("the text is empty", 'guandian mine --text "The screen is sharp"')

    from rich.console import Console

    from guandian.domain import Review
    from guandian.pipelines import open_model
    from guandian.report.mined.single_review import one_review

    review = Review("1", text)
    if masking is not None:
        review = masking.review(review)
    likeness = manner is not None and manner.caution.unlike is not None
    model = open_model(bundle, threads, custom, filler, likeness=likeness)
    if manner is not None:
        model = manner.of(model)
    (answer,) = model.miner.mine([review])
    Console(highlight=False).print(one_review(review, answer, model.names))
