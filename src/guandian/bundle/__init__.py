"""A model on disk: the one hand-over from learning to serving, readable without torch."""

from guandian.bundle.bundle import Bundle, amend_bundle, shipped, shipped_names, write_bundle
from guandian.bundle.ensemble import (
    Ensemble,
    folders_of,
    model_folder,
    open_folder,
    write_ensemble,
)
from guandian.bundle.manifest import FileEntry, Manifest
from guandian.bundle.weights import Precision, QuantizedWeights, float32_weights, precision_of

__all__ = [
    "Bundle",
    "Ensemble",
    "FileEntry",
    "Manifest",
    "Precision",
    "QuantizedWeights",
    "amend_bundle",
    "float32_weights",
    "folders_of",
    "model_folder",
    "open_folder",
    "precision_of",
    "shipped",
    "shipped_names",
    "write_bundle",
    "write_ensemble",
]
