"""The process of a trial: train by the recipe in its folder, and export nothing.

`python -m guandian.tuning.trial_worker FOLDER ROOT PARENT`; the folder is as `open_run` left it.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from guandian.errors import GuandianError
from guandian.pipelines.stages import StagedTraining
from guandian.recipes.recipe import parse_recipe
from guandian.tracking.events import Event
from guandian.tracking.run_folder import RECIPE, Log
from guandian.training.loop import train
from guandian.training.parallel.process_group import ALONE


def run_trial(folder: Path, root: Path, parent: int) -> None:
    """Train to the end, or until the process that asked for it has ended.

    Raises:
        GuandianError: as `train_bundle`, or the search has ended.
    """
    written = folder / RECIPE
    recipe = parse_recipe(json.loads(written.read_text(encoding="utf-8")), str(written))
    with Log(folder) as log:

        def tell(event: Event) -> None:
            log(event)
            if os.getppid() != parent:
                raise GuandianError("the search that asked for this trial has ended")

        staged = StagedTraining(recipe, root, tell)
        for training in staged.trainings(folder, ALONE):
            train(training.recipe, training.inputs, training.folder, tell)


if __name__ == "__main__":
    try:
        run_trial(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
    except GuandianError as error:
        sys.exit(f"guandian: {error}")
