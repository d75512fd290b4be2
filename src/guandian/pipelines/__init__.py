"""Builds miners and bundles from what a person named: the only place that chooses parts."""

from guandian.pipelines.base_models import require_base
from guandian.pipelines.estimates import estimate_training
from guandian.pipelines.miners import (
    custom_named,
    make_ensemble,
    miner_of,
    open_labels,
    open_miner,
    open_model,
    read_labels,
    reads_of_model,
)
from guandian.pipelines.polarity_rates import (
    measured_polarity,
    rates_of,
    read_rates,
    shipped_rates,
)
from guandian.pipelines.read_files import keep_what_is_read, reads_of
from guandian.pipelines.stages import start
from guandian.pipelines.train import find_learning_rate, require_packages, train_bundle
from guandian.pipelines.translators import open_translator

__all__ = [
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
    "reads_of_model",
    "require_base",
    "require_packages",
    "shipped_rates",
    "start",
    "train_bundle",
]
