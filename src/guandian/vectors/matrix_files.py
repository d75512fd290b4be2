"""Vectors out, in the format that the ending names, whole or not at all."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from scipy import sparse

import guandian
from guandian.errors import GuandianError
from guandian.files.output.formula_safety import safe
from guandian.io.atomic import AtomicFile, telling, write_whole
from guandian.vectors.vectoriser import Matrix, Vectoriser

_ARRAYS = (".npz", ".npy")
_ENDINGS = (*_ARRAYS, ".jsonl", ".csv")
_DENSE_ONLY = (".npy", ".csv")


def check_matrix_output(path: Path, kind: type[Vectoriser]) -> Path | None:
    """Check, before the work, that vectors of a kind can be written to `path`.

    Returns:
        The file that will stand beside it with ids and names; None where the format holds them.

    Raises:
        GuandianError: for an unknown ending, and for one that cannot hold sparse rows.
    """
    ending = path.suffix.lower()
    if ending not in _ENDINGS:
        raise GuandianError(
            f"{path}: no format of vectors goes by the ending {path.suffix!r}",
            f"known endings: {' '.join(_ENDINGS)}",
        )
    if kind.sparse and ending in _DENSE_ONLY:
        raise GuandianError(
            f"{path}: vectors of the kind {kind.kind} are sparse, {ending} holds dense ones alone",
            "name the output .npz or .jsonl",
        )
    return path.with_name(f"{path.name}.json") if ending in _ARRAYS else None


def write_vectors(
    path: str | Path,
    matrix: Matrix,
    ids: Sequence[str],
    vectoriser: Vectoriser,
    *,
    overwrite: bool = False,
) -> None:
    """Write vectors with the ids of their reviews and the names of their features.

    `.npz` is what `scipy.sparse.load_npz` reads, or holds one dense array `vectors`; `.npy` holds
    that array alone. Beside both, `PATH.json` has `kind`, `ids` and `features`. `.jsonl` has an
    object a review (only the values that are not 0, by name, where they are sparse), `.csv` a row.

    Args:
        path: its ending chooses the format.
        matrix: as the vectoriser gave it [reviews, features].
        ids: of the reviews.
        vectoriser: what made it.
        overwrite: replace files that exist.

    Raises:
        GuandianError: as `check_output`, and when a file exists or cannot be written.
        ValueError: when there are other than `matrix.shape[0]` ids.
    """
    path = Path(path)
    if len(ids) != matrix.shape[0]:
        raise ValueError(f"{len(ids)} ids, {matrix.shape[0]} vectors")
    beside = check_matrix_output(path, type(vectoriser))
    names = vectoriser.get_feature_names_out().tolist()
    file = AtomicFile(path, overwrite=overwrite)
    try:
        with telling(path):
            _WRITERS[path.suffix.lower()](file.file, matrix, ids, names)
        if beside:
            made: dict[str, Any] = {"guandian": guandian.__version__, "kind": vectoriser.kind}
            about = made | {"ids": list(ids), "features": names}
            text = json.dumps(about, ensure_ascii=False) + "\n"
            write_whole(beside, text.encode(errors="backslashreplace"), overwrite=overwrite)
    except BaseException:
        file.discard()
        raise
    file.commit()


def _npz(file: BinaryIO, matrix: Matrix, *_: Any) -> None:
    if sparse.issparse(matrix):
        sparse.save_npz(file, matrix)
    else:
        np.savez_compressed(file, vectors=matrix)


def _npy(file: BinaryIO, matrix: Matrix, *_: Any) -> None:
    np.save(file, matrix, allow_pickle=False)


def _json_lines(file: BinaryIO, matrix: Matrix, ids: Sequence[str], names: Sequence[str]) -> None:
    dense = not sparse.issparse(matrix)
    for name, row in zip(ids, matrix if dense else _rows(matrix, names), strict=True):
        vector = f"[{', '.join(row.astype(str))}]" if dense else json.dumps(row, ensure_ascii=False)
        line = f'{{"id": {json.dumps(name, ensure_ascii=False)}, "vector": {vector}}}\n'
        file.write(line.encode(errors="backslashreplace"))


def _csv(file: BinaryIO, matrix: Matrix, ids: Sequence[str], names: Sequence[str]) -> None:
    text = TextIOWrapper(file, "utf-8-sig", newline="")
    rows = csv.writer(text)
    rows.writerow(["id", *names])
    rows.writerows([safe(name), *row.astype(str)] for name, row in zip(ids, matrix, strict=True))
    text.detach()


def _rows(matrix: Matrix, names: Sequence[str]) -> Iterator[dict[str, float]]:
    """The values of each row that are not 0, by name."""
    for start, end in zip(matrix.indptr, matrix.indptr[1:], strict=False):
        columns, values = matrix.indices[start:end], matrix.data[start:end]
        yield {names[k]: value for k, value in zip(columns, values.tolist(), strict=True)}


_WRITERS: dict[str, Callable[[BinaryIO, Matrix, Sequence[str], Sequence[str]], None]] = {
    ".npz": _npz,
    ".npy": _npy,
    ".jsonl": _json_lines,
    ".csv": _csv,
}
