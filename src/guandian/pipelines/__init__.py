"""Builds miners and bundles from what a person named: the only place that chooses parts."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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

# Each name comes with its module when it is first asked for: one review takes few of them.
_PLACES = {
    "custom_named": "guandian.pipelines.miners",
    "estimate_training": "guandian.pipelines.estimates",
    "find_learning_rate": "guandian.pipelines.train",
    "keep_what_is_read": "guandian.pipelines.read_files",
    "make_ensemble": "guandian.pipelines.miners",
    "measured_polarity": "guandian.pipelines.polarity_rates",
    "miner_of": "guandian.pipelines.miners",
    "open_labels": "guandian.pipelines.miners",
    "open_miner": "guandian.pipelines.miners",
    "open_model": "guandian.pipelines.miners",
    "open_translator": "guandian.pipelines.translators",
    "rates_of": "guandian.pipelines.polarity_rates",
    "read_labels": "guandian.pipelines.miners",
    "read_rates": "guandian.pipelines.polarity_rates",
    "reads_of": "guandian.pipelines.read_files",
    "reads_of_model": "guandian.pipelines.miners",
    "require_base": "guandian.pipelines.base_models",
    "require_packages": "guandian.pipelines.train",
    "shipped_rates": "guandian.pipelines.polarity_rates",
    "start": "guandian.pipelines.stages",
    "train_bundle": "guandian.pipelines.train",
}


def __getattr__(name: str) -> object:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_PLACES[name]), name)
