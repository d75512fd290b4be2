"""Changed copies of labelled reviews to learn from, with every span where it belongs."""

from guandian.data.augmentation.augmenter import Augmenter, new_copies
from guandian.data.augmentation.beside import clauses_beside
from guandian.data.augmentation.similar_words import Vectors, neighbour_words, read_vectors
from guandian.data.augmentation.synonyms import SynonymLexicon, load_lexicon
from guandian.data.augmentation.transforms import KINDS, Change, Kind, changes, lacking
from guandian.data.augmentation.translation import Translator, translated

__all__ = [
    "KINDS",
    "Augmenter",
    "Change",
    "Kind",
    "SynonymLexicon",
    "Translator",
    "Vectors",
    "changes",
    "clauses_beside",
    "lacking",
    "load_lexicon",
    "neighbour_words",
    "new_copies",
    "read_vectors",
    "translated",
]
