"""From a trained torch model to a bundle, and the gate that compares the two."""

from guandian.export.onnx_graph import trace
from guandian.export.package import export_bundle
from guandian.export.parity import ParityRow, ParityTable, parity

__all__ = ["ParityRow", "ParityTable", "export_bundle", "parity", "trace"]
