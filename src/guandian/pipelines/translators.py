"""Translators from the models that a person named."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING

from guandian.errors import GuandianError

if TYPE_CHECKING:
    from guandian.data.augmentation import Translator


def open_translator(models: Sequence[str], seed: int = 1) -> Translator:
    """Translators of transformers, each named `DIRECTION=FOLDER`, such as `zh-en=opus-mt-zh-en`.

    Raises:
        GuandianError: another form, or no model there.
    """
    if lacking := [name for name in ("torch", "transformers") if find_spec(name) is None]:
        problem = f"translating needs {', '.join(lacking)}"
        raise GuandianError(problem, "pip install 'guandian[train]'")
    from guandian.modeling.translation_models import TransformersTranslator

    named = {model.partition("=")[0]: model.partition("=")[2] for model in models}
    directions = ("zh-en", "en-zh", "zh-zh", "en-en")
    if wrong := [way for way, source in named.items() if way not in directions or not source]:
        raise GuandianError(
            f"--translator: {wrong[0]!r} is no direction with a folder",
            f"--translator zh-en=FOLDER; directions: {', '.join(directions)}",
        )
    return TransformersTranslator(named, seed)
