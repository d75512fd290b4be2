"""Whether a picture shows what a review says: a protocol, an ONNX model behind it, and scores."""

from guandian.media.agreement.onnx_pair import OnnxPair
from guandian.media.agreement.pair_description import PairDescription, read_pair_description
from guandian.media.agreement.picture_agreement import (
    OpinionShown,
    PicturesAndTexts,
    opinions_shown,
)

__all__ = [
    "OnnxPair",
    "OpinionShown",
    "PairDescription",
    "PicturesAndTexts",
    "opinions_shown",
    "read_pair_description",
]
