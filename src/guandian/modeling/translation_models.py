"""Translators of transformers, such as MarianMT, from folders or the local cache."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from guandian.errors import GuandianError, reason

_BATCH = 16
_CHOICES = 10  # tokens that a sample is drawn from


class TransformersTranslator:
    """Translates by sequence-to-sequence models, one for each direction.

    Tokens are drawn rather than searched for, which says the same text in more ways (Edunov et al.
    2018, arXiv:1808.09381). A text that is longer than the model reads becomes empty.

    Args:
        models: folder, or id in the local Hugging Face cache, by direction such as `zh-en`.
        seed: of what is drawn.

    Raises:
        GuandianError: when no model or tokenizer can be read there.
    """

    def __init__(self, models: Mapping[str, str], seed: int = 1) -> None:
        self._models = {direction: _load(source) for direction, source in models.items()}
        self._seed = seed
        self._calls = 0

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[str]:
        """The texts in another language.

        Raises:
            GuandianError: when no model of that direction was named.
        """
        direction = f"{source}-{target}"
        if direction not in self._models:
            raise GuandianError(
                f"no translator from {source} to {target}",
                f"name one: --translator {direction}=FOLDER; named: {', '.join(self._models)}",
            )
        tokenizer, model = self._models[direction]
        self._calls += 1
        with torch.random.fork_rng():
            torch.manual_seed(self._seed + self._calls)
            translations: list[str] = []
            for start in range(0, len(texts), _BATCH):
                translations += _translated(texts[start : start + _BATCH], tokenizer, model)
            return translations


@torch.inference_mode()
def _translated(texts: Sequence[str], tokenizer: Any, model: Any) -> list[str]:
    longest = getattr(model.config, "max_position_embeddings", 512)
    encoded = [tokenizer(text)["input_ids"] for text in texts]
    short = [index for index, ids in enumerate(encoded) if len(ids) <= longest]
    translations = [""] * len(texts)
    if short:
        batch = tokenizer([texts[index] for index in short], padding=True, return_tensors="pt")
        generated = model.generate(
            input_ids=batch["input_ids"],
            attention_mask=batch["attention_mask"],
            max_new_tokens=min(longest - 1, 2 * batch["input_ids"].shape[1] + 8),
            do_sample=True,
            top_k=_CHOICES,
            num_beams=1,
        )
        decoded = tokenizer.batch_decode(generated, skip_special_tokens=True)
        for index, translation in zip(short, decoded, strict=True):
            translations[index] = translation
    return translations


def _load(source: str) -> tuple[Any, Any]:
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(source, local_files_only=True)
        model: Any = AutoModelForSeq2SeqLM.from_pretrained(source, local_files_only=True)
    except ImportError as error:
        raise GuandianError(
            f"the tokenizer of {source!r} needs a package: {str(error).strip().splitlines()[0]}",
            "pip install sentencepiece",
        ) from error
    except (OSError, ValueError) as error:
        raise GuandianError(
            f"no translator in {source!r}: {reason(error)}",
            f"fetch it beforehand with `hf download {source}`, or name a local folder",
        ) from error
    return tokenizer, model.eval()
