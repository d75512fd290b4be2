"""A recommender in a folder: arrays, names, trees as text and quotes; nothing of it is code."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file
from scipy import sparse

from guandian.errors import GuandianError, reason
from guandian.io.atomic import replacing_folder, telling
from guandian.io.output_guard import refuse_other_folder
from guandian.recommend.behaviour.actions import Behaviour
from guandian.recommend.behaviour.catalogue import Catalogue
from guandian.recommend.behaviour.known_history import KnownHistory
from guandian.recommend.candidates.factors import Factors
from guandian.recommend.candidates.like_minded import LikeMinded
from guandian.recommend.candidates.neighbours import Neighbours
from guandian.recommend.candidates.sources import Sources
from guandian.recommend.candidates.text_tower import TextTower
from guandian.recommend.candidates.word_vectors import WordVectors
from guandian.recommend.opinions.aspect_marks import AspectMarks
from guandian.recommend.opinions.aspect_profiles import AspectProfiles
from guandian.recommend.opinions.review_quotes import ReviewQuote
from guandian.recommend.ranking.ranker import Ranker
from guandian.recommend.recommender import Recommender

FORMAT = 2
_ARRAYS, _NAMES, _TREES, _QUOTES, _TEXTS = (
    "arrays.safetensors",
    "recommender.json",
    "ranker.txt",
    "quotes.jsonl",
    "texts.jsonl",
)
_PARTS = (_ARRAYS, _TREES, _QUOTES, _TEXTS)
_REPAIR = "build it again: guandian recommend build"
_BEHAVIOUR = ("user", "item", "kind", "value", "time")
_MARKS = ("action", "aspect", "sign")
_PROFILE = ("care", "complaint", "topic", "surplus", "praise", "complaints", "general")


def refuse_model_folder(folder: Path, *, overwrite: bool) -> None:
    """Check, before the work, that a recommender can be written to a folder.

    Raises:
        GuandianError: something stands there that is no recommender, or one that stays.
    """
    refuse_other_folder(folder, _NAMES, overwrite=overwrite)


def save_recommender(recommender: Recommender, folder: Path, *, overwrite: bool = False) -> None:
    """Write a recommender; it appears whole.

    Raises:
        GuandianError: it cannot be written there.
    """
    refuse_model_folder(folder, overwrite=overwrite)
    sources = recommender.sources
    behaviour = sources.history.behaviour
    arrays: dict[str, NDArray[Any]] = {}
    arrays |= {f"behaviour.{name}": getattr(behaviour, name) for name in _BEHAVIOUR}
    arrays |= {f"marks.{name}": getattr(behaviour.marks, name) for name in _MARKS}
    for name, table in sources.neighbours.items():
        arrays |= _sparse_arrays(f"neighbours.{name}", table.likeness)
    arrays |= {f"factors.{name}": table.items for name, table in sources.factors.items()}
    if sources.tower is not None:
        arrays["tower"] = sources.tower.items
    if sources.profiles is not None:
        arrays |= {f"profiles.{name}": getattr(sources.profiles, name) for name in _PROFILE}
    words = recommender.words
    if words is not None:
        arrays |= {"words.rarity": words.rarity, **_sparse_arrays("words.items", words.items)}
    names: dict[str, Any] = {
        "format": FORMAT,
        "users": behaviour.users,
        "items": behaviour.items,
        "marks": behaviour.marks.aspects,
        "aspects": sources.profiles.aspects if sources.profiles is not None else None,
        "neighbours": [*sources.neighbours],
        "factors": {
            name: [table.alpha, table.regularisation] for name, table in sources.factors.items()
        },
        "words": [*words.words] if words is not None else None,
        "texts": dict(recommender.catalogue.texts),
        "columns": {item: dict(cells) for item, cells in recommender.catalogue.columns.items()},
        "most": dict(recommender.most),
        "ranker": [*recommender.ranker.names] if recommender.ranker else None,
        "opinions": recommender.ranker.opinions if recommender.ranker else False,
        "fit": dict(recommender.fit),
    }
    quotes = (quote for rows in recommender.quotes.values() for quote in rows)
    lines = [json.dumps(asdict(quote), ensure_ascii=False) for quote in quotes]
    texts = [] if behaviour.texts is None else enumerate(behaviour.texts.tolist())
    said = [json.dumps(row, ensure_ascii=False) for row in texts if row[1]]
    with telling(folder), replacing_folder(folder) as fresh:
        solid = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
        save_file(solid, fresh / _ARRAYS)
        (fresh / _TREES).write_text(recommender.ranker.text if recommender.ranker else "", "utf-8")
        (fresh / _QUOTES).write_text("".join(f"{line}\n" for line in lines), "utf-8")
        (fresh / _TEXTS).write_text("".join(f"{line}\n" for line in said), "utf-8")
        names["sha256"] = {name: _digest(fresh / name) for name in _PARTS}
        (fresh / _NAMES).write_text(json.dumps(names, ensure_ascii=False), "utf-8")


def open_recommender(folder: Path, *, texts: bool = False) -> Recommender:
    """Read a recommender.

    Args:
        folder: that `save_recommender` wrote.
        texts: read what reviews say too, which building anew needs and recommending does not.

    Raises:
        GuandianError: it is missing, incomplete, altered or of another version.
    """
    try:
        names = json.loads((folder / _NAMES).read_text("utf-8"))
        if names["format"] != FORMAT:
            raise GuandianError(f"{folder} has the format {names['format']}, not {FORMAT}", _REPAIR)
        for name in _PARTS:
            if _digest(folder / name) != names["sha256"][name]:
                raise GuandianError(f"{folder / name} was altered", _REPAIR)
        arrays = load_file(folder / _ARRAYS)
        trees = (folder / _TREES).read_text("utf-8")
        lines = (folder / _QUOTES).read_text("utf-8").splitlines()
        recommender = _recommender(names, arrays, trees, lines)
        if texts:
            said = [json.loads(line) for line in (folder / _TEXTS).read_text("utf-8").splitlines()]
            return _with_texts(recommender, said)
        return recommender
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise GuandianError(f"{folder} is no recommender: {reason(error)}", _REPAIR) from error


def _recommender(
    names: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]], trees: str, lines: list[str]
) -> Recommender:
    marks = AspectMarks(tuple(names["marks"]), *(arrays[f"marks.{name}"] for name in _MARKS))
    columns: dict[str, Any] = {name: arrays[f"behaviour.{name}"] for name in _BEHAVIOUR}
    behaviour = Behaviour(tuple(names["users"]), tuple(names["items"]), **columns, marks=marks)
    profiles = None
    if names["aspects"] is not None:
        parts = [arrays[f"profiles.{name}"] for name in _PROFILE]
        profiles = AspectProfiles(tuple(names["aspects"]), *parts)
    history = KnownHistory.of(behaviour)
    sources = Sources(
        history,
        {name: Neighbours(_matrix(f"neighbours.{name}", arrays)) for name in names["neighbours"]},
        {
            name: Factors(arrays[f"factors.{name}"], alpha, regularisation)
            for name, (alpha, regularisation) in names["factors"].items()
        },
        LikeMinded.of(history.chosen),
        profiles,
        TextTower(arrays["tower"]) if "tower" in arrays else None,
    )
    words = None
    if names["words"] is not None:
        number = {word: k for k, word in enumerate(names["words"])}
        words = WordVectors(number, arrays["words.rarity"], _matrix("words.items", arrays))
    ranker = None
    if names["ranker"] is not None:
        ranker = Ranker(trees, names["ranker"], opinions=names["opinions"])
    quotes: dict[tuple[str, str, int], list[ReviewQuote]] = {}
    known = [field.name for field in fields(ReviewQuote)]
    for line in lines:
        row = json.loads(line)
        quote = ReviewQuote(*(row[name] for name in known))
        quotes.setdefault((quote.item, quote.aspect, quote.sign), []).append(quote)
    catalogue = Catalogue(names["texts"], names["columns"])
    return Recommender(sources, ranker, catalogue, quotes, names["most"], words, names["fit"])


def _with_texts(recommender: Recommender, said: list[tuple[int, str]]) -> Recommender:
    sources = recommender.sources
    if said:
        texts = np.full(len(sources.history.behaviour), "", dtype=object)
        for number, text in said:
            texts[number] = text
        behaviour = replace(sources.history.behaviour, texts=texts)
        history = replace(sources.history, behaviour=behaviour)
        recommender.sources = replace(sources, history=history)
    return recommender


def _sparse_arrays(name: str, matrix: Any) -> dict[str, NDArray[Any]]:
    shape = np.array(matrix.shape, dtype=np.int64)
    parts = {"data": matrix.data, "indices": matrix.indices, "indptr": matrix.indptr}
    return {f"{name}.{part}": array for part, array in {**parts, "shape": shape}.items()}


def _matrix(name: str, arrays: Mapping[str, NDArray[Any]]) -> Any:
    data, indices, indptr, shape = (
        arrays[f"{name}.{part}"] for part in ("data", "indices", "indptr", "shape")
    )
    return sparse.csr_matrix((data, indices, indptr), shape=tuple(int(size) for size in shape))


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
