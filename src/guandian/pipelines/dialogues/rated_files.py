"""Files of rated dialogues, read with the tone of each turn."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from guandian.assist.satisfaction.dialogue_judge import tones_of
from guandian.assist.satisfaction.dialogues import read_dialogues
from guandian.assist.satisfaction.turn_features import toned
from guandian.mining.miner import Miner
from guandian.pipelines.dialogues.satisfaction_fit import RatedDialogues, rated_shares
from guandian.pipelines.miners import open_miner


def read_rated(files: Sequence[Path], miner: Miner | None = None) -> tuple[RatedDialogues, str]:
    """Rated dialogues with their tones, and the id of the model that gave these.

    Args:
        files: as `read_dialogues` takes them.
        miner: that reads the tones; the shipped bundle where None.

    Raises:
        GuandianError: a file that cannot be read, or dialogues without ratings.
    """
    dialogues = [dialogue for path in files for dialogue in read_dialogues(path)]
    shares = rated_shares(dialogues)
    reader = miner or open_miner()
    turns = [dialogue.turns for dialogue in dialogues]
    return RatedDialogues.of(turns, toned(turns, tones_of(reader)), shares), reader.model
