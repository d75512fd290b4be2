"""What a model must beat: linear classifiers, and a lexicon learnt from the training part alone."""

from guandian.baselines.fitting import fit_baselines
from guandian.baselines.learning import fit_lexicon
from guandian.baselines.lexicon import Lexicon, LexiconMiner
from guandian.baselines.sentiment import FEATURES, Features, SentimentBaseline

__all__ = [
    "FEATURES",
    "Features",
    "Lexicon",
    "LexiconMiner",
    "SentimentBaseline",
    "fit_baselines",
    "fit_lexicon",
]
