"""Builds miners and bundles from what a person named: the only place that chooses parts."""

from guandian.composition.bases import require_base
from guandian.composition.course import start
from guandian.composition.estimates import estimate_training
from guandian.composition.mining import (
    custom_named,
    make_ensemble,
    miner_of,
    open_labels,
    open_miner,
    open_model,
    read_labels,
)
from guandian.composition.polarity import (
    measured_polarity,
    rates_of,
    read_rates,
    shipped_rates,
)
from guandian.composition.reads import keep_what_is_read, reads_of
from guandian.composition.training import (
    begin_run,
    find_learning_rate,
    require_packages,
    train_bundle,
    train_run,
)
from guandian.composition.translators import open_translator

__all__ = [
    "begin_run",
    "custom_named",
    "estimate_training",
    "find_learning_rate",
    "keep_what_is_read",
    "make_ensemble",
    "measured_polarity",
    "miner_of",
    "open_labels",
    "open_miner",
    "open_model",
    "open_translator",
    "rates_of",
    "read_labels",
    "read_rates",
    "reads_of",
    "require_base",
    "require_packages",
    "shipped_rates",
    "start",
    "train_bundle",
    "train_run",
]
