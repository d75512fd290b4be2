"""The kinds of vectors by name, and the way back from a saved file."""

from __future__ import annotations

from pathlib import Path

from guandian.errors import GuandianError
from guandian.vectors.counts import BagOfWords, Tfidf
from guandian.vectors.encoder import EncoderMeans
from guandian.vectors.file_format import damaged, read_vectoriser
from guandian.vectors.vectoriser import Vectoriser
from guandian.vectors.word_averages import Glove, Word2Vec

KINDS: dict[str, type[Vectoriser]] = {
    vectoriser.kind: vectoriser for vectoriser in (BagOfWords, Tfidf, Word2Vec, Glove, EncoderMeans)
}


def load_vectoriser(path: str | Path, kind: str | None = None) -> Vectoriser:
    """A fitted vectoriser from the file that `Vectoriser.save` wrote.

    Args:
        path: the file.
        kind: what is expected; None takes any of `KINDS`.

    Raises:
        GuandianError: when the file is missing, another kind's, damaged or something else.
    """
    path = Path(path)
    stored = read_vectoriser(path)
    if kind not in (None, stored.kind) or stored.kind not in KINDS:
        raise GuandianError(
            f"{path} holds vectors of the kind {stored.kind!r}, not {kind or ' or '.join(KINDS)}",
            "name another file, or leave the kind out",
        )
    try:
        return KINDS[stored.kind].restored(stored)
    except (KeyError, TypeError, ValueError) as error:
        raise damaged(path, f"{error!r}") from error
