"""`guandian recommend`: what to offer to whom, with reasons and quotes; and how good that is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console

from guandian.errors import GuandianError
from guandian.wording import counted, say

if TYPE_CHECKING:
    from guandian.files import RejectFile
    from guandian.pipelines.recommending.shop_data import ShopData
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
    bool, typer.Option("--no-ranker", help="Order candidates by the mean of their places.")
]
NoOpinions = Annotated[bool, typer.Option("--no-opinions", help="Leave opinions out.")]
Seed = Annotated[int, typer.Option(help="Of what is drawn.")]
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
    recommender = _recommender(model, data, items, mined, ranker=not no_ranker)
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
    without_user: WithoutUsers = None,
    rejects: Rejects = None,
    overwrite: Overwrite = False,
    no_ranker: NoRanker = False,
    no_opinions: NoOpinions = False,
    seed: Seed = 0,
) -> None:
    """Learn from behaviour and keep what was learned."""
    from guandian.io.output_guard import keep_apart, keep_files_apart
    from guandian.pipelines.recommending.building import build_recommender
    from guandian.pipelines.recommending.fit_settings import FitSettings
    from guandian.recommend.recommender_files import refuse_model_folder, save_recommender

    reads = [*(data or ()), items, *(mined or ())]
    keep_apart([out], reads)
    keep_files_apart([rejects], reads)
    refuse_model_folder(out, overwrite=overwrite)
    shop = _shop(data, items, mined, rejects).without_users(without_user or ())
    settings = FitSettings(ranker=not no_ranker, opinions=not no_opinions, seed=seed)
    save_recommender(build_recommender(shop, settings), out, overwrite=overwrite)
    behaviour = shop.behaviour
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
    seed: Seed = 0,
) -> None:
    """Score lists by what users liked later, beside controls."""
    from guandian.cli.tables.recommendation_tables import show_evaluation
    from guandian.io.atomic import write_whole
    from guandian.io.output_guard import (
        JSON_ENDINGS,
        keep_files_apart,
        refuse_outputs,
        require_ending,
    )
    from guandian.pipelines.recommending.fit_settings import FitSettings
    from guandian.pipelines.recommending.held_out import choose_held_out
    from guandian.pipelines.recommending.offline_evaluation import evaluate_recommender

    reads = [*(data or ()), items, *(mined or ()), *(test or ())]
    keep_files_apart([json_out], reads)
    require_ending(json_out, JSON_ENDINGS)
    refuse_outputs([json_out], overwrite=overwrite)
    shop = _shop(data, items, mined, None)
    shop = shop.without_texts() if no_texts else shop
    later = _shop(test, None, None, None).behaviour if test else None
    split = choose_held_out(shop.behaviour, later, held_out, share, seed)
    screen = Console(stderr=True, highlight=False)
    settings = FitSettings(opinions=not no_opinions, seed=seed)
    evaluation = evaluate_recommender(
        shop,
        split,
        settings,
        number,
        lambda name: screen.print(f"{name} ...", markup=False),
        controls=not no_controls,
    )
    show_evaluation(evaluation, Console(highlight=False))
    if json_out is not None:
        content = json.dumps(asdict(evaluation), ensure_ascii=False, indent=1)
        write_whole(json_out, content.encode(), overwrite=overwrite)


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


def _recommender(
    model: Path | None,
    data: list[Path] | None,
    items: Path | None,
    mined: list[Path] | None,
    *,
    ranker: bool,
) -> Recommender:
    if model is not None:
        if data or items or mined:
            raise GuandianError(
                "--model holds all that was learned: --data, --items and --mined would do nothing",
                "leave out --model, or the others",
            )
        from guandian.recommend.recommender_files import open_recommender

        return open_recommender(model)
    from guandian.pipelines.recommending.building import build_recommender
    from guandian.pipelines.recommending.fit_settings import FitSettings

    return build_recommender(_shop(data, items, mined, None), FitSettings(ranker=ranker))


def _shop(
    data: list[Path] | None,
    items: Path | None,
    mined: list[Path] | None,
    rejects: Path | None,
) -> ShopData:
    from guandian.files import RejectFile
    from guandian.pipelines.recommending.shop_data import read_shop

    if rejects is None:
        return read_shop(data or (), items, mined or ())
    with closing(RejectFile(rejects)) as file:
        shop = read_shop(data or (), items, mined or (), file)
        _tell_rejected(file, rejects)
    return shop


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
