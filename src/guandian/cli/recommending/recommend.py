"""`guandian recommend`: what to offer to whom, with reasons and quotes; and how good that is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console

from guandian.errors import GuandianError
from guandian.wording import counted, say

if TYPE_CHECKING:
    from guandian.files import RejectFile
    from guandian.pipelines.recommending.shop_data import ShopData
    from guandian.recommend.behaviour.actions import Behaviour
    from guandian.recommend.recommender import Recommender, Wish

app = typer.Typer(
    help="Recommend items, each with its reason and quotes.",
    add_completion=False,
    rich_markup_mode=None,
    invoke_without_command=True,
)

Data = Annotated[
    list[Path] | None,
    typer.Option("--data", help="Behaviour: CSV, TSV or JSON Lines; may be repeated."),
]
Items = Annotated[Path | None, typer.Option(help="Texts and columns of the items.")]
MinedFiles = Annotated[
    list[Path] | None,
    typer.Option("--mined", help="Mined reviews of the items; may be repeated."),
]
StoreFolder = Annotated[
    Path | None,
    typer.Option("--store", metavar="FOLDER", help="A store: its reviews are actions too."),
]
Model = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="What `guandian recommend build` wrote, in place of data."),
]
Users = Annotated[list[str] | None, typer.Option("--user", help="For whom; may be repeated.")]
Like = Annotated[str | None, typer.Option("--like", metavar="ITEM", help="Items like this one.")]
About = Annotated[str, typer.Option(help="Words of what is looked for.")]
Number = Annotated[int, typer.Option("-n", "--number", min=1, help="Items of a list.")]
Only = Annotated[
    list[str] | None,
    typer.Option(
        "--only", metavar="COLUMN=VALUE", help="Only such items, by a column; may be repeated."
    ),
]
Less = Annotated[
    list[str] | None,
    typer.Option("--less", help="Less of this item, or of this aspect; may be repeated."),
]
Without = Annotated[list[str] | None, typer.Option(help="Not this item; may be repeated.")]
Diversity = Annotated[
    float, typer.Option(min=0, max=1, help="How much items like one above them go down.")
]
JsonLines = Annotated[bool, typer.Option("--json", help="Print JSON Lines.")]
Rejects = Annotated[
    Path | None,
    typer.Option(help="Rows that cannot be read go there; without it the first one stops."),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace what exists.")]
NoRanker = Annotated[
    bool, typer.Option("--no-ranker", help="Order candidates by popularity of late and likeness.")
]
NoOpinions = Annotated[bool, typer.Option("--no-opinions", help="Leave opinions out.")]
Seed = Annotated[int, typer.Option(help="Of what is drawn.")]
Encoder = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="Vectors of item texts by this pretrained encoder: a folder, or an id in the cache.",
    ),
]
Tower = Annotated[
    bool, typer.Option("--tower", help="Train those vectors on what the same people like.")
]
Bpr = Annotated[
    bool,
    typer.Option("--bpr", help="Vectors of items by pairs (BPR) too, a source of candidates."),
]
WithoutUsers = Annotated[
    list[str] | None,
    typer.Option("--without-user", help="Leave out all of this user; may be repeated."),
]


@app.callback()
def recommend(
    ctx: typer.Context,
    data: Data = None,
    items: Items = None,
    mined: MinedFiles = None,
    store: StoreFolder = None,
    model: Model = None,
    user: Users = None,
    like: Like = None,
    about: About = "",
    number: Number = 10,
    only: Only = None,
    less: Less = None,
    without: Without = None,
    diversity: Diversity = 0.0,
    json_lines: JsonLines = False,
    no_ranker: NoRanker = False,
) -> None:
    """Recommend items, each with its reason and quotes."""
    if ctx.invoked_subcommand is not None:
        return
    if not (user or like or about):
        raise GuandianError(
            "nobody is named to recommend something to",
            "say --user NAME, --like ITEM or --about WORDS",
        )
    from guandian.recommend.recommender import Wish

    wish = Wish(number, _columns(only), tuple(less or ()), tuple(without or ()), diversity, about)
    recommender = _recommender(model, _Given(data, items, mined, store), ranker=not no_ranker)
    _answer(recommender, user or (), like, wish, json_lines=json_lines)


def _answer(
    recommender: Recommender,
    users: Sequence[str],
    like: str | None,
    wish: Wish,
    *,
    json_lines: bool,
) -> None:
    from guandian.cli.tables.recommendation_tables import show_list

    screen = Console(highlight=False)
    lists = [(name, recommender.recommend(name, wish)) for name in users]
    if like is not None:
        lists.append((like, recommender.like(like, wish)))
    if not lists:
        lists.append((wish.about, recommender.recommend("", wish)))
    for name, rows in lists:
        if json_lines:
            for rank, row in enumerate(rows, start=1):
                record = {"for": name, "place": rank, **asdict(row)}
                typer.echo(json.dumps(record, ensure_ascii=False))
        else:
            known = name in recommender.users or name not in users
            show_list(name, rows, screen, known=known)


@app.command("build")
def build_command(
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FOLDER", help="The recommender.")],
    data: Data = None,
    items: Items = None,
    mined: MinedFiles = None,
    store: StoreFolder = None,
    without_user: WithoutUsers = None,
    rejects: Rejects = None,
    overwrite: Overwrite = False,
    no_ranker: NoRanker = False,
    no_opinions: NoOpinions = False,
    encoder: Encoder = "",
    tower: Tower = False,
    bpr: Bpr = False,
    seed: Seed = 0,
) -> None:
    """Learn from behaviour and keep what was learned."""
    from guandian.io.output_guard import keep_apart, keep_files_apart
    from guandian.pipelines.recommending.building import build_recommender
    from guandian.pipelines.recommending.fit_settings import FitSettings
    from guandian.recommend.recommender_files import refuse_model_folder, save_recommender

    given = _Given(data, items, mined, store)
    keep_apart([out], given.reads)
    keep_files_apart([rejects], given.reads)
    refuse_model_folder(out, overwrite=overwrite)
    _refuse_tower(encoder, tower=tower)
    shop = given.shop(rejects).without_users(without_user or ())
    settings = FitSettings(
        ranker=not no_ranker,
        opinions=not no_opinions,
        encoder=encoder,
        tower=tower,
        bpr=bpr,
        seed=seed,
    )
    save_recommender(build_recommender(shop, settings), out, overwrite=overwrite)
    _tell_built(shop.behaviour, out)


@app.command("update")
def update_command(
    model: Annotated[Path, typer.Argument(help="What `guandian recommend build` wrote.")],
    data: Data = None,
    items: Items = None,
    mined: MinedFiles = None,
    store: StoreFolder = None,
    without_user: WithoutUsers = None,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="FOLDER", help="By default the model is replaced."),
    ] = None,
    rejects: Rejects = None,
    overwrite: Overwrite = False,
) -> None:
    """Take new behaviour into a model, or forget somebody."""
    from guandian.io.output_guard import keep_apart, keep_files_apart
    from guandian.pipelines.recommending.updating import update_recommender
    from guandian.recommend.recommender_files import (
        open_recommender,
        refuse_model_folder,
        save_recommender,
    )

    given = _Given(data, items, mined, store)
    keep_apart([out or model], given.reads)
    keep_files_apart([rejects], [*given.reads, model])
    if out is not None:
        keep_apart([out], [model])
        refuse_model_folder(out, overwrite=overwrite)
    known = open_recommender(model, texts=True)
    news = given.shop(rejects, needed=False) if given.reads else None
    recommender, taught = update_recommender(known, news, without_user or ())
    save_recommender(recommender, out or model, overwrite=out is None or overwrite)
    _tell_built(recommender.sources.history.behaviour, out or model)
    if taught:
        typer.echo(say("all was learnt anew, the ranker too"))


def _tell_built(behaviour: Behaviour, out: Path) -> None:
    counts = [
        counted(len(behaviour), "actions"),
        counted(len(behaviour.users), "users"),
        counted(len(behaviour.items), "items"),
        counted(len(behaviour.marks), "opinions", sense="counted"),
    ]
    typer.echo(f"{', '.join(counts)} -> {out}")


@app.command("evaluate")
def evaluate_command(
    data: Data = None,
    items: Items = None,
    mined: MinedFiles = None,
    store: StoreFolder = None,
    test: Annotated[
        list[Path] | None,
        typer.Option(help="What users did later; without it a part of the data is held out."),
    ] = None,
    held_out: Annotated[
        Literal["time", "random"] | None,
        typer.Option(help="By time, where every row has one, or at random."),
    ] = None,
    share: Annotated[
        float | None, typer.Option(min=0.01, max=0.9, help="Of the data that is held out.")
    ] = None,
    splits: Annotated[
        int, typer.Option(min=1, max=20, help="Held out one after another, and pooled.")
    ] = 1,
    number: Number = 10,
    json_out: Annotated[
        Path | None, typer.Option("--json", help="Write the figures there.")
    ] = None,
    overwrite: Overwrite = False,
    no_opinions: NoOpinions = False,
    no_texts: Annotated[
        bool, typer.Option("--no-texts", help="Leave texts of items and reviews out.")
    ] = False,
    no_controls: Annotated[
        bool, typer.Option("--no-controls", help="Build no rankers that know less: quicker.")
    ] = False,
    encoder: Encoder = "",
    tower: Tower = False,
    bpr: Bpr = False,
    seed: Seed = 0,
) -> None:
    """Score lists by what users liked later, beside controls."""
    from guandian.cli.tables.recommendation_tables import show_evaluation
    from guandian.io.atomic import write_json_whole
    from guandian.io.output_guard import (
        JSON_ENDINGS,
        keep_files_apart,
        refuse_outputs,
        require_ending,
    )
    from guandian.pipelines.recommending.fit_settings import FitSettings
    from guandian.pipelines.recommending.held_out import choose_held_out
    from guandian.pipelines.recommending.offline_evaluation import evaluate_recommender

    _refuse_tower(encoder, tower=tower)
    given = _Given(data, items, mined, store)
    keep_files_apart([json_out], [*given.reads, *(test or ())])
    require_ending(json_out, JSON_ENDINGS)
    refuse_outputs([json_out], overwrite=overwrite)
    shop = given.shop()
    shop = shop.without_texts() if no_texts else shop
    later = _Given(test).shop().behaviour if test else None
    parts = choose_held_out(shop.behaviour, later, held_out, share, seed, splits)
    screen = Console(stderr=True, highlight=False)
    settings = FitSettings(
        opinions=not no_opinions, encoder=encoder, tower=tower, bpr=bpr, seed=seed
    )
    evaluation = evaluate_recommender(
        shop,
        parts,
        settings,
        number,
        lambda name: screen.print(f"{name} ...", markup=False),
        controls=not no_controls,
    )
    show_evaluation(evaluation, Console(highlight=False))
    if json_out is not None:
        write_json_whole(json_out, asdict(evaluation), overwrite=overwrite)


@app.command("policy")
def policy_command(
    log: Annotated[
        Path,
        typer.Argument(help="Impressions with item, click and propensity: CSV, TSV or JSON Lines."),
    ],
    items: Annotated[
        int | None, typer.Option(min=1, help="Items that may be shown; by default those logged.")
    ] = None,
    seed: Seed = 0,
) -> None:
    """Estimate from a log what showing all items equally often would earn."""
    from guandian.cli.tables.recommendation_tables import show_policy
    from guandian.evaluation.rankings.off_policy import estimate_policy
    from guandian.recommend.behaviour.impressions import read_impressions

    logged = read_impressions(log, items)
    show_policy(estimate_policy(logged, seed=seed), Console(highlight=False))


def _refuse_tower(encoder: str, *, tower: bool) -> None:
    """Refuse a tower without a ground.

    Raises:
        GuandianError: no encoder is named.
    """
    if tower and not encoder:
        raise GuandianError(
            "--tower trains the vectors of an encoder, and none is named",
            "name one: --encoder FOLDER --tower",
        )


@dataclass(frozen=True)
class _Given:
    """What a command is given to read."""

    data: Sequence[Path] | None = None
    items: Path | None = None
    mined: Sequence[Path] | None = None
    store: Path | None = None

    @property
    def reads(self) -> list[Path]:
        """All of it by name."""
        rest = [path for path in (self.items, self.store) if path is not None]
        return [*(self.data or ()), *(self.mined or ()), *rest]

    def shop(self, rejects: Path | None = None, *, needed: bool = True) -> ShopData:
        """Read it; rows that cannot be read go into a file where one is named."""
        from guandian.files import RejectFile
        from guandian.pipelines.recommending.shop_data import read_shop

        def read(file: RejectFile | None) -> ShopData:
            parts = self.data or (), self.items, self.mined or (), file, self.store
            return read_shop(*parts, needed=needed)

        if rejects is None:
            return read(None)
        with closing(RejectFile(rejects)) as file:
            shop = read(file)
            _tell_rejected(file, rejects)
        return shop


def _recommender(model: Path | None, given: _Given, *, ranker: bool) -> Recommender:
    if model is not None:
        if given.reads:
            raise GuandianError(
                "--model holds all that was learned: --data, --items, --mined and --store would do"
                " nothing",
                "leave out --model, or the others",
            )
        from guandian.recommend.recommender_files import open_recommender

        return open_recommender(model)
    from guandian.pipelines.recommending.building import build_recommender
    from guandian.pipelines.recommending.fit_settings import FitSettings

    return build_recommender(given.shop(), FitSettings(ranker=ranker))


def _tell_rejected(file: RejectFile, path: Path) -> None:
    if file.count:
        rows = counted(file.count, "rows", sense="rejected")
        typer.echo(f"{say('note')}: {rows} -> {path}", err=True)


def _columns(only: Sequence[str] | None) -> dict[str, list[str]]:
    wanted: dict[str, list[str]] = {}
    for choice in only or ():
        name, equals, value = choice.partition("=")
        if not equals:
            raise GuandianError(
                f"--only {choice!r} names no value",
                "write a column and its value: --only brand=Acme",
            )
        wanted.setdefault(name, []).append(value)
    return wanted
