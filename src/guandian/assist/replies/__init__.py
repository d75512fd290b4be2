"""Drafts of replies to reviews, and the guards that any reply has to pass."""

from guandian.assist.replies.drafting import ReplyDraft, draft_replies, draft_reply
from guandian.assist.replies.guards import Violation, check_reply
from guandian.assist.replies.house_style import HouseStyle, read_style
from guandian.assist.replies.likeness import NearEqual, ReplyIndex, likeness, near_equal
from guandian.assist.replies.reply_pairs import ReplyPair, pair_of_edit

__all__ = [
    "HouseStyle",
    "NearEqual",
    "ReplyDraft",
    "ReplyIndex",
    "ReplyPair",
    "Violation",
    "check_reply",
    "draft_replies",
    "draft_reply",
    "likeness",
    "near_equal",
    "pair_of_edit",
    "read_style",
]
