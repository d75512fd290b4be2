"""Vectors of reviews for classic models, by the conventions of scikit-learn."""

from guandian.errors import GuandianError

try:
    import sklearn  # noqa: F401
except ImportError as error:
    raise GuandianError(
        "vectors need scikit-learn, which is not installed", "pip install 'guandian[vectors]'"
    ) from error

from guandian.vectors.counts import BagOfWords, Tfidf
from guandian.vectors.encoder import EncoderMeans
from guandian.vectors.matrix_files import check_matrix_output, write_vectors
from guandian.vectors.registry import KINDS, load_vectoriser
from guandian.vectors.vectoriser import Matrix, Vectoriser
from guandian.vectors.word_averages import Glove, Word2Vec, WordAverages

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
    "check_matrix_output",
    "load_vectoriser",
    "write_vectors",
]
