"""Guandian (观点): opinions from product reviews, with evidence and calibrated confidence.

The public names come from `guandian.api` when they are first asked for, so that importing the
package costs nothing; `__init__.pyi` gives their types.
"""

from importlib import import_module

__version__ = "0.1.0"

_NAMES = ("average", "compare", "compress", "open", "run", "runs", "train")


def __getattr__(name: str) -> object:
    if name == "GuandianError":
        return import_module("guandian.errors").GuandianError
    if name not in _NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("guandian.api"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_NAMES, "GuandianError"])
