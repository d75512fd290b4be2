"""A bundle's arrays in, arrays out: ONNX Runtime on the CPU, no torch."""

from guandian.engine.session import Engine, usable_cores

__all__ = ["Engine", "usable_cores"]
