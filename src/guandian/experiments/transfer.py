"""Transfer from some domains to others: the runs that it takes, and their scores.

A domain is one of the recipe's sets, or one group of its first set, such as a product category.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any, Literal

from guandian.bundle.bundle import MANIFEST
from guandian.data.corpora import OWN, corpus, load
from guandian.data.leaks import text_key
from guandian.data.taxonomy import all_to_default
from guandian.domain import Labelled
from guandian.errors import GuandianError, RecipeError
from guandian.evaluation import Interval, Options, QuadPredictor, evaluate
from guandian.evaluation.domains.transfer_matrix import Cell, Matrix
from guandian.experiments.several_runs import WatchEach, train_each, unwatched_each
from guandian.io.atomic import write_whole
from guandian.pipelines import keep_what_is_read, open_miner
from guandian.pipelines.train import TrainingJob
from guandian.recipes.recipe import Recipe, parse_recipe
from guandian.recipes.sections import Part
from guandian.tracking.run_folder import BUNDLE, UNCHECKED

Texts = dict[str, list[Labelled]]
Kind = Literal["leave-one-out", "pairs"]
Scores = Mapping[str, Interval]
"""By measure: `quad`, `triplet`, `pair`, `sentiment` (accuracy), `entities`."""

_MEASURES = ("quad", "triplet", "pair", "sentiment", "entities")
_SCORES = "scores.json"
_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Domains:
    """The domains that are compared.

    Attributes:
        names: in their order.
        groups: whether they are groups of the recipe's first set, not sets.
        train: by domain, the labelled texts of the part that is learned from.
        dev: by domain, those to score on.
    """

    names: tuple[str, ...]
    groups: bool
    train: Mapping[str, Sequence[Labelled]]
    dev: Mapping[str, Sequence[Labelled]]


@dataclass(frozen=True, slots=True)
class TransferRun:
    """One run of the matrix.

    Attributes:
        name: the domain that it leaves out, or that it alone learns from.
        folder: a plain name for the run's folder.
        recipe: of the run.
        learned: the domains that it learns from.
    """

    name: str
    folder: str
    recipe: Recipe
    learned: frozenset[str]


def find_domains(
    recipe: Recipe, root: Path, *, groups: bool, chosen: Sequence[str] = ()
) -> Domains:
    """Read the texts of the domains.

    Args:
        recipe: names the sets.
        root: of the data, as for training.
        groups: the groups of its first set, rather than its sets that have a dev part.
        chosen: these alone; the others are learned from in every row.

    Raises:
        RecipeError: no domains, or one that is chosen is none; the known ones are listed.
        GuandianError: a set that is not there.
    """
    train, dev = (_by_group if groups else _by_set)(recipe, root)
    scorable = [name for name in train if dev.get(name)]
    strange = [name for name in chosen if name not in scorable]
    if strange or not scorable:
        what = f"the groups of {recipe.data[0].corpus}" if groups else "the sets of the recipe"
        raise RecipeError(
            f"no domain {', '.join(map(repr, strange))}" if strange else "there are no domains",
            f"of {what} these have texts to score on: {', '.join(scorable)}"
            if scorable
            else f"none of {what} has texts to score on; for files of your own put all domains "
            "into one, each text with its `group`, and say --groups",
        )
    if recipe.categories == "default":
        train, dev = (
            {name: all_to_default(rows) for name, rows in texts.items()} for texts in (train, dev)
        )
    return Domains(tuple(chosen or scorable), groups, train, dev)


def plan_runs(recipe: Recipe, domains: Domains, kind: Kind) -> list[TransferRun]:
    """The runs of the matrix, one a domain.

    `leave-one-out` learns from every domain but one, `pairs` from one alone. Sets of the recipe
    that are no domains are learned from in every row. Weights are never chosen on the dev texts of
    a domain that the row does not learn from.

    Raises:
        RecipeError: fewer than two domains where one is left out, or a recipe in stages.
    """
    if recipe.stages:
        raise RecipeError(
            f"{recipe.name} has stages, which would learn from what a row leaves out",
            "write the stages as recipes of their own, and begin with the bundle of the last",
        )
    everything = frozenset(domains.dev)
    leaves_out = kind == "leave-one-out"
    if leaves_out and len(everything) < 2:
        raise RecipeError(
            f"{domains.names[0]} is the only domain: nothing is left to learn from",
            "name more sets in the recipe, or say --groups",
        )
    rows = []
    for name in domains.names:
        # Other groups of the set are never learned from beside one; sets that are no domains are.
        others = (everything if domains.groups else frozenset(domains.names)) - {name}
        dropped = frozenset({name}) if leaves_out else others
        if domains.groups:
            changed = _with_groups(recipe, **{"leave_out" if leaves_out else "only": name})
        else:
            changed = _without_sets(recipe, dropped)
        folder = f"{'without' if leaves_out else 'on'}-{_plain(name)}"
        rows.append(TransferRun(name, folder, changed, everything - dropped))
    return rows


def transfer_matrix(
    job: TrainingJob,
    domains: Domains,
    kind: Kind = "leave-one-out",
    *,
    whole: bool = False,
    watch: WatchEach = unwatched_each,
    on_refused: Callable[[GuandianError], None] = lambda _: None,
) -> Matrix:
    """Train each run of the matrix that is not finished, and score it in every domain.

    A bundle that the export's gate refused is scored all the same.

    Args:
        job: of the whole recipe; its folder holds the runs.
        domains: all of them.
        kind: what each run learns from, as `plan_runs` says.
        whole: score an unseen domain on its train part too.
        watch: opened for each training.
        on_refused: told why a bundle was refused.

    Raises:
        RecipeError: as `plan_runs`.
        GuandianError: as training, or a domain without a text to score on.
    """
    rows = plan_runs(job.recipe, domains, kind)
    keep_what_is_read([job.folder / row.folder for row in rows], job.reads(), job.mode)
    jobs = {
        row.folder: replace(job, recipe=row.recipe, folder=job.folder / row.folder) for row in rows
    }

    def goes_on(name: str, error: GuandianError) -> bool:
        refused = (jobs[name].folder / UNCHECKED / MANIFEST).is_file()
        if refused:
            on_refused(error)
        return refused

    train_each(jobs, watch, goes_on)
    cells: dict[tuple[str, str], Cell] = {}
    for row in rows:
        folder = jobs[row.folder].folder
        bundle = next(folder / name for name in (BUNDLE, UNCHECKED) if (folder / name).is_dir())
        cells |= _cells(row, domains, bundle, job.recipe, whole=whole)
    return Matrix(job.recipe.name, kind, domains.names, domains.names, cells)


def _cells(
    row: TransferRun, domains: Domains, bundle: Path, recipe: Recipe, *, whole: bool
) -> dict[tuple[str, str], Cell]:
    """The main score of a run in each domain."""
    miner = open_miner(bundle)
    texts = {name: texts_of(row, domains, name, whole=whole) for name in domains.names}
    cells = {}
    for name, scores in score_all(bundle.parent, miner, miner.key, texts).items():
        measure = main_measure(name, scores, recipe, groups=domains.groups)
        unseen = name not in row.learned
        cells[row.name, name] = Cell(measure, scores[measure], len(texts[name]), unseen)
    return cells


def texts_of(row: TransferRun, domains: Domains, name: str, *, whole: bool) -> list[Labelled]:
    """The texts that score a row in a domain: none that also stands in what it learns from.

    Args:
        row: of the matrix.
        domains: all of them.
        name: the domain.
        whole: of a domain that the row does not learn from, the train part too.
    """
    if name in row.learned:
        return list(domains.dev[name])
    rows = [*(domains.train[name] if whole else ()), *domains.dev[name]]
    learned_texts = chain.from_iterable(domains.train[learned] for learned in row.learned)
    keys = {text_key(record.text) for record in learned_texts}
    return [record for record in rows if text_key(record.text) not in keys]


def score_all(
    folder: Path,
    system: QuadPredictor,
    key: str,
    texts: Mapping[str, Sequence[Labelled]],
) -> dict[str, Scores]:
    """Scores in each domain; what `scores.json` has of the same model and texts is not run again.

    Args:
        folder: of the run.
        system: its bundle.
        key: digest of the bundle.
        texts: by domain.
    """
    path = folder / _SCORES
    stored: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    by_domain: dict[str, Scores] = {}
    for name, rows in texts.items():
        content = "\n".join([key, *map(repr, rows)]).encode(errors="replace")
        digest = hashlib.sha256(content).hexdigest()
        if stored.get(name, {}).get("asked") != digest:
            scores = {measure: value.to_json() for measure, value in score(system, rows).items()}
            stored[name] = {"asked": digest, "scores": scores}
            write_whole(path, json.dumps(stored, ensure_ascii=False).encode(), overwrite=True)
        intervals = stored[name]["scores"].items()
        by_domain[name] = {measure: Interval(**interval) for measure, interval in intervals}
    return by_domain


def score(system: QuadPredictor, rows: Sequence[Labelled]) -> dict[str, Interval]:
    """Every measure that the rows are labelled for, with its 95 % bootstrap interval."""
    report = evaluate(system, rows, Options())
    scores: dict[str, Interval] = {}
    if report.opinions:
        scores |= {name: report.opinions.intervals[name] for name in ("quad", "triplet", "pair")}
    if report.sentiment:
        scores["sentiment"] = report.sentiment.intervals["accuracy"]
    if report.entities:
        scores["entities"] = report.entities.interval
    return scores


def main_measure(name: str, scores: Scores, recipe: Recipe, *, groups: bool) -> str:
    """The measure that the matrix shows of a domain.

    Sets with categories of their own share none, so that triplets are compared there.

    Raises:
        GuandianError: no text of the domain is left, or none is labelled.
    """
    if not scores:
        raise GuandianError(
            f"{name} has no labelled text to score on that is not learned from elsewhere",
            "leave it out: name the others with --domains",
        )
    comparable = groups or recipe.categories == "default"
    order = _MEASURES if comparable else _MEASURES[1:]
    return next(measure for measure in order if measure in scores)


def _by_set(recipe: Recipe, root: Path) -> tuple[Texts, Texts]:
    parts = {
        part.corpus: part.part
        for part in recipe.data
        if not part.corpus.endswith(OWN) and "dev" in corpus(part.corpus).parts
    }
    train = {name: load(name, root, part) for name, part in parts.items()}
    return train, {name: load(name, root, "dev") for name in parts}


def _by_group(recipe: Recipe, root: Path) -> tuple[Texts, Texts]:
    first = recipe.data[0]
    own = first.corpus.endswith(OWN)
    named = [name for name in recipe.evaluation.corpora if name.endswith(OWN)]
    scored = named if own else [first.corpus]
    if not scored:
        raise RecipeError(
            f"{first.corpus} has no dev part to score on",
            "name a file of yours with the same groups in evaluation.corpora",
        )
    train = _grouped(load(first.corpus, root, first.part))
    return train, _grouped([row for name in scored for row in load(name, root, "dev")])


def _grouped(rows: Sequence[Labelled]) -> Texts:
    names = sorted({row.group for row in rows} - {""})
    return {name: [row for row in rows if row.group == name] for name in names}


def _without_sets(recipe: Recipe, dropped: frozenset[str]) -> Recipe:
    data = [part for part in recipe.data if part.corpus not in dropped]
    return _changed(recipe, data, lambda name: name not in dropped)


def _with_groups(recipe: Recipe, leave_out: str | None = None, only: str | None = None) -> Recipe:
    first = recipe.data[0].corpus
    change = {"leave_out": leave_out, "only": only}
    data = [
        part.model_copy(update=change) if part.corpus == first else part for part in recipe.data
    ]
    own = first.endswith(OWN)  # a dev file of one's own holds every group
    return _changed(recipe, data, lambda name: not (own and name.endswith(OWN)))


def _changed(recipe: Recipe, data: Sequence[Part], scored: Callable[[str], bool]) -> Recipe:
    values = recipe.model_dump(mode="json")
    values["data"] = [part.model_dump(mode="json") for part in data]
    for key in ("corpora", "gate"):
        values["evaluation"][key] = [name for name in values["evaluation"][key] if scored(name)]
    return parse_recipe(values)


def _plain(name: str) -> str:
    """A file name that is no path, whatever the group is called."""
    plain = re.sub(r"[^\w.-]", "_", name)[:_LONGEST]
    return plain if plain == name else f"{plain}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
