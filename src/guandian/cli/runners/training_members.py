"""How `guandian train` trains a recipe several times, and makes one ensemble of the bundles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from guandian.bundle import Precision
from guandian.bundle.ensemble import ENSEMBLE, IN_RUNS, Ensemble, refuse_taken
from guandian.cli.runners.training_run import begin, resumable, train_run
from guandian.errors import BundleError
from guandian.pipelines import make_ensemble
from guandian.recipes.recipe import Recipe
from guandian.tracking.run_folder import BUNDLE, Mode
from guandian.training.data.dataset import gather
from guandian.wording import counted, say


def train_members(
    members: Mapping[str, Recipe],
    whole: Recipe,
    root: Path,
    folder: Path,
    mode: Mode,
    track: Sequence[str] = (),
    precision: Precision | None = None,
) -> None:
    """Train each member that is not finished, then make the ensemble.

    Args:
        members: by the name of their run's folder.
        whole: the recipe whose held-out texts none of them learns from.
        root: of the data.
        folder: holds the runs and the ensemble.
        mode: what to do with runs that are there.
        track: names of trackers that are told besides.
        precision: of the bundles' weights.
    """
    place, console = folder / IN_RUNS, Console(stderr=True, highlight=False)
    refuse_taken(place, overwrite=mode != "new")
    with resumable(console, *(folder / name for name in members)):
        done = {
            name: begin(recipe, root, folder / name, mode, precision)
            for name, recipe in members.items()
        }
        for k, (name, recipe) in enumerate(members.items(), start=1):
            state = f"  {say('已完成', 'finished before')}" if done[name] else ""
            console.print(Text(f"[{k}/{len(members)}] {name}{state}", "bold"))
            if not done[name]:
                train_run(recipe, root, folder / name, console, track, precision=precision)
        bundles = [folder / name / BUNDLE for name in members]
        made = _made_before(place, bundles)
        if made is None:
            console.print(
                Text(f"{say('拟合集成的置信度', 'fitting the confidence of the ensemble')} …")
            )
            held_out = gather(whole, root).holdout
            made = make_ensemble(bundles, place, held_out, overwrite=mode != "new")
    tell_ensemble(made)


def tell_ensemble(made: Ensemble) -> None:
    """Tell what it is, and whether its confidence was fitted."""
    screen = Console(highlight=False)
    if not made.manifest.calibration["opinions"]["fitted"]:
        screen.print(
            Text(
                f"{say('注意', 'note')}: "
                + say(
                    "留出的文本太少，置信度取成员的平均",
                    "too few texts are held out: the confidence is the mean of the members'",
                ),
                "yellow",
            ),
            soft_wrap=True,
        )
    members = counted(len(made.members), "个成员", "members")
    told = f"{say('完成', 'done')}: {made.manifest.id}, {members} → {made.path}"
    screen.print(Text(told), soft_wrap=True)


def _made_before(place: Path, bundles: list[Path]) -> Ensemble | None:
    """The ensemble that is there, if it is of just these bundles."""
    if not (place / ENSEMBLE).is_file():
        return None
    try:
        made = Ensemble.open(place)
    except BundleError:  # a member was trained anew
        return None
    same = [member.path.resolve() for member in made.members] == [b.resolve() for b in bundles]
    return made if same else None
