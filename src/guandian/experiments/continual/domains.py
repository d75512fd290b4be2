"""The domains of a sequence: what each teaches, what each is scored on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from guandian.data.splits import sample
from guandian.domain import Labelled
from guandian.errors import RecipeError, likely
from guandian.pipelines.stages import StagedTraining
from guandian.recipes.recipe import Recipe
from guandian.tracking.events import Event, Few, OnEvent, Ready
from guandian.training.step import TrainingInputs

DEV_SEED = 1
"""The scored reviews are the same under every seed; what is learned from is drawn by it."""


@dataclass(frozen=True, slots=True)
class Domain:
    """One domain of a sequence.

    Attributes:
        name: of the set, or of the group.
        rows: what it teaches, each with how often it is seen in an epoch.
        dev: what it is scored on.
    """

    name: str
    rows: Sequence[tuple[Labelled, int]]
    dev: Sequence[Labelled]


@dataclass(frozen=True, slots=True)
class SequenceStart:
    """What every method begins with.

    Attributes:
        recipe: of the training on one domain.
        staged: the base, the tokenizer and the label spaces, of all domains together.
        inputs: the model before the first domain.
        domains: in the order in which they come.
    """

    recipe: Recipe
    staged: StagedTraining
    inputs: TrainingInputs
    domains: tuple[Domain, ...]


def refuse_recipe(recipe: Recipe) -> None:
    """Refuse what cannot be learned one domain after another.

    Raises:
        RecipeError: naming the key.
    """
    keys = {
        "stages": recipe.stages,
        "customs": recipe.customs,
        "augmentation": recipe.augmentation,
        "distillation": recipe.distillation,
        "base.bits": recipe.base.bits,
    }
    for key, value in keys.items():
        if value:  # a custom would tell the set of a text, which nobody knows at test
            raise RecipeError(
                f"{recipe.name}: {key} has no place where domains are learned one after another",
                f"leave {key} out",
            )
    if recipe.method.kind not in ("full", "frozen"):
        raise RecipeError(
            f"{recipe.name}: method.kind is {recipe.method.kind!r}; the weights themselves are "
            "compared, held and merged here",
            "choose full or frozen; the method adapters adds low-rank updates by itself",
        )


def told_once(on_event: OnEvent) -> OnEvent:
    """What is told of a training, without what is the same of every one of many."""

    def tell(event: Event) -> None:
        if not isinstance(event, Few | Ready):
            on_event(event)

    return tell


def begin_sequence(
    recipe: Recipe, root: Path, on_event: OnEvent, *, groups: bool, chosen: Sequence[str] = ()
) -> SequenceStart:
    """Read the sets of a recipe and make the model ready for all of them.

    The label spaces are those of all domains from the beginning; the heads learn a category when
    its domain comes.

    Args:
        recipe: names the sets; those with a dev part in `evaluation.corpora` are the domains.
        root: of the data.
        on_event: told of the reading.
        groups: domains are the groups of the sets, not the sets.
        chosen: these alone, in this order; by default all, as the recipe has them.

    Raises:
        RecipeError: fewer than two domains, one that is none, or what `refuse_recipe` refuses.
        GuandianError: as training.
    """
    refuse_recipe(recipe)
    staged = StagedTraining(recipe, root, on_event)
    inputs = staged.prepare(recipe)
    corpora = staged.latest.corpora
    dev: dict[str, list[Labelled]] = {}
    for name, rows in corpora.dev.items():
        for row in rows:
            dev.setdefault(row.group if groups else name, []).append(row)
    rows_of: dict[str, list[tuple[Labelled, int]]] = {}
    for row, times in corpora.train:
        rows_of.setdefault(row.group if groups else row.dataset, []).append((row, times))
    known = [name for name in rows_of if name and dev.get(name)]
    if not groups:  # in the recipe's order, not that of what was read
        named = list(dict.fromkeys(part.corpus for part in recipe.data))
        known = [name for name in named if name in known]
    names = list(chosen) or known
    strange = [name for name in names if name not in known]
    if strange or len(names) < 2:
        raise _refused(strange, known)
    domains = tuple(
        Domain(name, rows_of[name], sample(dev[name], recipe.evaluation.most, seed=DEV_SEED))
        for name in names
    )
    return SequenceStart(recipe, staged, inputs, domains)


def _refused(strange: Sequence[str], known: Sequence[str]) -> RecipeError:
    names = ", ".join(known) or "-"
    if strange:
        return RecipeError(
            f"no domain {strange[0]!r}", f"{likely(strange[0], known)}there are: {names}"
        )
    return RecipeError(
        f"a sequence needs two domains, and there are {len(known)}: {names}",
        "domains are the sets that the recipe learns from and scores on (evaluation.corpora); for "
        "files of your own put all domains into one, each text with its `group`, and say --groups",
    )
