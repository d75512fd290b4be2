"""Vectors of reviews for classic models, by the conventions of scikit-learn."""

from guandian.errors import GuandianError

try:
    import sklearn  # noqa: F401
except ImportError as error:
    raise GuandianError(
        "vectors need scikit-learn, which is not installed", "pip install 'guandian[vectors]'"
    ) from error

from guandian.vectors.averages import Glove, Word2Vec, WordAverages
from guandian.vectors.counts import BagOfWords, Tfidf
from guandian.vectors.encoder import EncoderMeans
from guandian.vectors.kinds import KINDS, load_vectoriser
from guandian.vectors.vectoriser import Matrix, Vectoriser
from guandian.vectors.writing import check_output, write_vectors

__all__ = [
    "KINDS",
    "BagOfWords",
    "EncoderMeans",
    "Glove",
    "Matrix",
    "Tfidf",
    "Vectoriser",
    "Word2Vec",
    "WordAverages",
    "check_output",
    "load_vectoriser",
    "write_vectors",
]
