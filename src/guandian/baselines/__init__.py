"""Systems that a model must beat: linear classifiers, and a lexicon learnt from train alone."""

from guandian.baselines.bag_of_words import FEATURES, Features, SentimentBaseline
from guandian.baselines.fit_all import fit_baselines
from guandian.baselines.lexicon import Lexicon, LexiconMiner
from guandian.baselines.lexicon_induction import fit_lexicon

__all__ = [
    "FEATURES",
    "Features",
    "Lexicon",
    "LexiconMiner",
    "SentimentBaseline",
    "fit_baselines",
    "fit_lexicon",
]
