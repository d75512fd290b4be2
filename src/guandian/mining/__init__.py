"""Reviews in, opinions out: the miner, and jobs over whole files."""

from guandian.mining.answers import Answers, Mines, Model
from guandian.mining.folder import Mode
from guandian.mining.inputs import Inputs
from guandian.mining.job import Job, Outcome, Watch
from guandian.mining.record import Counts
from guandian.mining.stream import mine_file, mine_live

__all__ = [
    "Answers",
    "Counts",
    "Inputs",
    "Job",
    "Mines",
    "Mode",
    "Model",
    "Outcome",
    "Watch",
    "mine_file",
    "mine_live",
]
