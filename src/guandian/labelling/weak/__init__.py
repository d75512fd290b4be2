"""Labels of many weak sources, none of which is right alone, put together by a label model."""

from guandian.labelling.weak.combining import Combined, SourceReport, combine_votes
from guandian.labelling.weak.label_model import ABSTAINED, LabelModel, vote_shares
from guandian.labelling.weak.voters import Voter, voters_of_file, voters_of_rules

__all__ = [
    "ABSTAINED",
    "Combined",
    "LabelModel",
    "SourceReport",
    "Voter",
    "combine_votes",
    "vote_shares",
    "voters_of_file",
    "voters_of_rules",
]
