"""Trackers of a run's figures besides its log: TensorBoard, Weights & Biases, one of yours."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol, Self

from guandian.errors import GuandianError, likely
from guandian.recipes.decoder_recipe import DecoderRecipe
from guandian.recipes.recipe import Recipe
from guandian.tracking.events import Event, Place, Scored, Stepped
from guandian.tracking.run_folder import TRACKED


class Tracker(Protocol):
    """The calls of any tracker; MLflow's `log_params`, `log_metrics` and `end_run` fit it too."""

    def parameters(self, values: Mapping[str, object]) -> None:
        """Take the recipe, its keys as they stand there, nested. Told once, first."""

    def metrics(self, values: Mapping[str, float], step: int) -> None:
        """Take figures by `group/name` after a step, counted from 1 in each training of a run."""

    def close(self, *, finished: bool) -> None:
        """Write what is open; `finished` is false when the run was stopped or failed."""


class Tracking:
    """Tells trackers of steps and scores, and closes them when the run ends.

    The figures are `loss/HEAD`, `speed/tokens_per_second`, `memory/gigabytes`, `dev/SET/MEASURE`
    (0 to 1) and `dev/mean`; those of a stage of the recipe have its name before them.

    Attributes:
        trackers: whom to tell.
    """

    def __init__(self) -> None:
        self.trackers: list[Tracker] = []
        self._place = Place()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *failure: object) -> None:
        for tracker in self.trackers:
            tracker.close(finished=kind is None)

    def __call__(self, event: Event) -> None:
        """Tell what there is to tell of an event."""
        self._place.follow(event)
        if not isinstance(event, Stepped | Scored):
            return
        before = f"{self._place.stage}/" if self._place.stage else ""
        values = {f"{before}{name}": value for name, value in _figures(event).items()}
        for tracker in self.trackers:
            tracker.metrics(values, event.step)


def require_trackers(names: Iterable[str]) -> tuple[str, ...]:
    """The names of trackers, each once; empty ones are left out.

    Raises:
        GuandianError: for an unknown one, or one whose package is not installed.
    """
    trackers = tuple(dict.fromkeys(filter(None, names)))
    if unknown := [name for name in trackers if name not in TRACKED]:
        raise GuandianError(
            f"--track names {', '.join(map(repr, unknown))}",
            f"{likely(unknown[0], TRACKED)}known: {', '.join(TRACKED)}",
        )
    if lacking := [name for name in trackers if find_spec(name) is None]:
        raise GuandianError(f"there is no {', '.join(lacking)}", "pip install 'guandian[track]'")
    return trackers


def open_tracker(name: str, folder: Path, recipe: Recipe | DecoderRecipe) -> Tracker:
    """A tracker by its name, one of `TRACKED`; it writes into a folder of that name in the run's.

    Args:
        name: of the tracker; its package must be installed.
        folder: of the run.
        recipe: of the run, which the tracker is told.
    """
    tracker = _TRACKERS[name](folder, recipe.name)
    tracker.parameters(recipe.model_dump(mode="json"))
    return tracker


def _figures(event: Stepped | Scored) -> dict[str, float]:
    if isinstance(event, Scored):
        scores = {f"dev/{name}": value for name, value in event.scores.items()}
        return {**scores, "dev/mean": event.mean}
    losses = {f"loss/{head}": value for head, value in event.losses.items()}
    return {
        **losses,
        "speed/tokens_per_second": event.tokens_per_second,
        "memory/gigabytes": event.gigabytes,
    }


class _TensorBoard:
    """Event files that `tensorboard --logdir FOLDER` shows."""

    def __init__(self, folder: Path, _name: str) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self._writer: Any = SummaryWriter(str(folder / "tensorboard"))

    def parameters(self, values: Mapping[str, object]) -> None:
        content = json.dumps(values, ensure_ascii=False, indent=1)
        self._writer.add_text("recipe", "\n".join(f"    {line}" for line in content.splitlines()))

    def metrics(self, values: Mapping[str, float], step: int) -> None:
        for name, value in values.items():
            self._writer.add_scalar(name, value, step)

    def close(self, *, finished: bool) -> None:
        del finished
        self._writer.close()


class _WeightsAndBiases:
    """A run of Weights & Biases, on disk alone unless WANDB_MODE says otherwise.

    `wandb sync` sends it later. Of this machine and its code nothing is written.
    """

    def __init__(self, folder: Path, name: str) -> None:
        # A crash report would go to their server, which nobody asked for.
        os.environ.setdefault("WANDB_ERROR_REPORTING", "false")
        import wandb

        quiet = wandb.Settings(
            console="off",
            silent=True,
            disable_git=True,
            disable_code=True,
            save_code=False,
            x_disable_meta=True,
            x_disable_stats=True,
            x_save_requirements=False,
        )
        mode: Any = os.environ.get("WANDB_MODE", "offline")
        self._run: Any = wandb.init(
            project=os.environ.get("WANDB_PROJECT", "guandian"),
            name=name,
            dir=folder,
            mode=mode,
            settings=quiet,
        )
        # Steps of a stage count from 1 again, which its own count may not.
        self._run.define_metric("step")
        self._run.define_metric("*", step_metric="step")

    def parameters(self, values: Mapping[str, object]) -> None:
        self._run.config.update(dict(values))

    def metrics(self, values: Mapping[str, float], step: int) -> None:
        self._run.log({**values, "step": step})

    def close(self, *, finished: bool) -> None:
        self._run.finish(exit_code=0 if finished else 1)


_TRACKERS: Mapping[str, Callable[[Path, str], Tracker]] = {
    "tensorboard": _TensorBoard,
    "wandb": _WeightsAndBiases,
}
