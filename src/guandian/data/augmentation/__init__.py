"""Changed copies of labelled reviews to learn from, with every span where it belongs."""

from guandian.data.augmentation.copies import Augmenter, apart
from guandian.data.augmentation.kinds import KINDS, Change, Kind, changes, lacking
from guandian.data.augmentation.lexicon import Lexicon, load_lexicon
from guandian.data.augmentation.translation import Translator, translated
from guandian.data.augmentation.vectors import Vectors, neighbour_words, read_vectors

__all__ = [
    "KINDS",
    "Augmenter",
    "Change",
    "Kind",
    "Lexicon",
    "Translator",
    "Vectors",
    "apart",
    "changes",
    "lacking",
    "load_lexicon",
    "neighbour_words",
    "read_vectors",
    "translated",
]
