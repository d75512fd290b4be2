"""Names in the folders of runs and searches by which a model in them is found.

`guandian.tracking.run_folder` has all of a run's names, these among them.
"""

RECIPE = "recipe.json"
"""What a run was asked for."""
CHECKPOINT, STATE = "checkpoint", "state.json"
"""The folder that a run goes on from, and in it the file that says where it stands."""
STORAGE = "study.db"
"""Beside the folders of a search's trials: the study that they are of."""
BEST_RECIPE = "best.toml"
"""Likewise, the best recipe until now."""
