"""A tokenizer with fewer pieces: the rare ones are spelled by others from then on."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from guandian.errors import GuandianError
from guandian.text.pieces import Pieces

_MARKS = "▁#"


class FewerPieces(NamedTuple):
    """A smaller vocabulary.

    Attributes:
        tokenizer: the content of its `tokenizer.json`.
        left: int64 [pieces], the ids that its pieces had before, by their new ids.
    """

    tokenizer: bytes
    left: NDArray[np.int64]


def fewer_pieces(tokenizer: Path, texts: Iterable[str], share: float) -> FewerPieces:
    """Keep the share of a vocabulary's pieces that texts need most.

    Special tokens stay; then the most frequent pieces; of those that no text has, single characters
    first, since nothing else spells them. Order among those left is as before.

    Args:
        tokenizer: a `tokenizer.json` whose pieces have scores or stand in a table of words.
        texts: clean ones, such as reviews to learn from.
        share: of all pieces, 0 to 1.

    Raises:
        GuandianError: its pieces are made of one another by merges, and none can be left out.
    """
    content: dict[str, Any] = json.loads(tokenizer.read_bytes())
    model = content["model"]
    if model.get("type") not in ("Unigram", "WordPiece", "WordLevel"):
        raise GuandianError(
            f"the pieces of {tokenizer} are merged from one another ({model.get('type')}), so none "
            "can be left out",
            "leave vocabulary out, or choose a model with scored pieces such as XLM-R's or BERT's",
        )
    names = _names(model)
    special = {entry["content"] for entry in content.get("added_tokens", ())}
    special |= {str(model.get("unk_token"))}
    if (unknown := model.get("unk_id")) is not None:
        special.add(names[unknown])
    pieces, counts = Pieces.from_file(tokenizer), Counter[int]()
    own = (pieces.cls_id, pieces.sep_id, pieces.pad_id, pieces.unk_id, pieces.mask_id)
    special |= {names[number] for number in own if number < len(names)}
    for text in texts:
        counts.update(pieces.encode(text).ids.tolist())

    def rank(number: int) -> tuple[bool, int, bool, int]:
        name = names[number]
        plain = name.strip(_MARKS) or name
        return (name not in special, -counts[number], len(plain) > 1, number)

    total = max(1, round(share * len(names)))
    order = sorted(range(len(names)), key=rank)
    least = sum(name in special for name in names)
    left = sorted(order[: max(total, least)])
    _keep(content, names, left)
    written = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return FewerPieces(written, np.asarray(left, dtype=np.int64))


def _names(model: dict[str, Any]) -> list[str]:
    """The pieces of a tokenizer's model, by their ids."""
    vocabulary = model["vocab"]
    if isinstance(vocabulary, dict):
        return sorted(vocabulary, key=lambda name: int(vocabulary[name]))
    return [str(name) for name, _ in vocabulary]


def _keep(content: dict[str, Any], names: list[str], left: list[int]) -> None:
    """Leave out the other pieces, and give every id its new number."""
    model = content["model"]
    new = {names[old]: number for number, old in enumerate(left)}
    if isinstance(model["vocab"], dict):
        model["vocab"] = new
    else:
        model["vocab"] = [model["vocab"][old] for old in left]
        if model.get("unk_id") is not None:
            model["unk_id"] = new[names[model["unk_id"]]]
    for entry in content.get("added_tokens", ()):
        entry["id"] = new[entry["content"]]
    processor = content.get("post_processor") or {}
    for token in (processor.get("special_tokens") or {}).values():
        token["ids"] = [new[name] for name in token["tokens"]]
    padding = content.get("padding")
    if padding:
        padding["pad_id"] = new[padding["pad_token"]]
