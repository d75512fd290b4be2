"""A model on disk: the one hand-over from learning to serving, readable without torch."""

from guandian.bundle.ensemble import Ensemble, folders_of, open_folder, write_ensemble
from guandian.bundle.folder import Bundle, amend_bundle, shipped, write_bundle
from guandian.bundle.manifest import FileEntry, Manifest
from guandian.bundle.weights import QuantizedWeights, load_weights

__all__ = [
    "Bundle",
    "Ensemble",
    "FileEntry",
    "Manifest",
    "QuantizedWeights",
    "amend_bundle",
    "folders_of",
    "load_weights",
    "open_folder",
    "shipped",
    "write_bundle",
    "write_ensemble",
]
