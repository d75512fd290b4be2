"""How well what is learned in some domains holds in others: which runs that takes, and scores.

A domain is one of the recipe's sets, or one group of its first set, such as a product category.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Literal

from guandian.data.corpora import OWN, corpus, load
from guandian.data.leaks import text_key
from guandian.data.taxonomy import all_to_default
from guandian.domain import Labelled
from guandian.errors import GuandianError, RecipeError
from guandian.evaluation import Interval, Options, QuadPredictor, evaluate
from guandian.io.atomic import write_whole
from guandian.recipes.recipe import Recipe, parse_recipe
from guandian.recipes.sections import Part

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
class Row:
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
    known = [name for name in train if dev.get(name)]
    strange = [name for name in chosen if name not in known]
    if strange or not known:
        what = f"the groups of {recipe.data[0].corpus}" if groups else "the sets of the recipe"
        raise RecipeError(
            f"no domain {', '.join(map(repr, strange))}" if strange else "there are no domains",
            f"of {what} these have texts to score on: {', '.join(known)}"
            if known
            else f"none of {what} has texts to score on; for files of your own put all domains "
            "into one, each text with its `group`, and say --groups",
        )
    if recipe.categories == "default":
        train, dev = (
            {name: all_to_default(rows) for name, rows in each.items()} for each in (train, dev)
        )
    return Domains(tuple(chosen or known), groups, train, dev)


def plan(recipe: Recipe, domains: Domains, kind: Kind) -> list[Row]:
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
        rows.append(Row(name, folder, changed, everything - dropped))
    return rows


def texts_of(row: Row, domains: Domains, name: str, *, whole: bool) -> list[Labelled]:
    """What a row is scored on in a domain: no text that also stands in what it learns from.

    Args:
        row: of the matrix.
        domains: all of them.
        name: the domain.
        whole: of a domain that the row does not learn from, the train part too.
    """
    if name in row.learned:
        return list(domains.dev[name])
    rows = [*(domains.train[name] if whole else ()), *domains.dev[name]]
    known = chain.from_iterable(domains.train[learned] for learned in row.learned)
    keys = {text_key(each.text) for each in known}
    return [each for each in rows if text_key(each.text) not in keys]


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
    kept: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    found: dict[str, Scores] = {}
    for name, rows in texts.items():
        asked = hashlib.sha256("\n".join([key, *map(repr, rows)]).encode(errors="replace"))
        if kept.get(name, {}).get("asked") != asked.hexdigest():
            scores = {measure: each.to_json() for measure, each in score(system, rows).items()}
            kept[name] = {"asked": asked.hexdigest(), "scores": scores}
            write_whole(path, json.dumps(kept, ensure_ascii=False).encode(), overwrite=True)
        found[name] = {m: Interval(**each) for m, each in kept[name]["scores"].items()}
    return found


def score(system: QuadPredictor, rows: Sequence[Labelled]) -> dict[str, Interval]:
    """Every measure that the rows are labelled for, with its 95 % bootstrap interval."""
    found = evaluate(system, rows, Options())
    scores: dict[str, Interval] = {}
    if found.opinions:
        scores |= {name: found.opinions.intervals[name] for name in ("quad", "triplet", "pair")}
    if found.sentiment:
        scores["sentiment"] = found.sentiment.intervals["accuracy"]
    if found.entities:
        scores["entities"] = found.entities.interval
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
