"""Every point of a space held against its recipe, before anything runs."""

from __future__ import annotations

import json
from pathlib import Path

from guandian.errors import GuandianError
from guandian.pipelines.stages import StagedTraining
from guandian.recipes.recipe import Recipe
from guandian.recipes.search_space import Space
from guandian.tracking.events import ignore


def require_points(recipe: Recipe, space: Space, root: Path) -> None:
    """Refuse a space with a point that the recipe does not take; all that is wrong is told at once.

    Each alternative, both ends of each range, and each pair of alternatives is looked at, its base
    and the models that it names too.

    Raises:
        GuandianError: with each of them.
    """
    if not recipe.evaluation.corpora:
        raise GuandianError(
            "the recipe scores on no dev set: there is nothing to choose by",
            "name one: --set 'evaluation.corpora=[\"dev.jsonl\"]'",
        )
    seen = _require_course(recipe, root, set())
    wrong: dict[str, str] = {}
    alone: set[str] = set()
    for words, changes in space.probes():
        parts = [f"{key}={json.dumps(value)}" for key, value in changes.items()]
        if len(parts) > 1 and not alone.isdisjoint(parts):
            continue
        try:
            _require_course(space.apply(recipe, changes, words), root, seen)
        except GuandianError as error:
            alone |= {*parts} if len(parts) == 1 else set()
            wrong.setdefault(error.problem.removeprefix(f"{words}: "), f"{words}: {error.repair}")
    if wrong:
        several = f"{len(wrong)} points that" if len(wrong) > 1 else "a point that"
        raise GuandianError(
            f"{space.source}: {several} the recipe does not take:\n  "
            + "\n  ".join(f"{problem}\n    {repair}" for problem, repair in wrong.items())
        )


def _require_course(recipe: Recipe, root: Path, seen: set[str]) -> set[str]:
    """Refuse what training by the recipe would; what only its numbers tell apart is looked at once.

    Returns:
        `seen` with this recipe.
    """
    numbers = {"optimisation", "weights", "objective", "holdout"}
    key = recipe.model_dump_json(exclude=numbers)
    if key not in seen:
        StagedTraining(recipe, root, ignore)
        seen.add(key)
    return seen
