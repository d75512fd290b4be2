"""Personal data in reviews: found by rules, masked before anything is stored."""

from __future__ import annotations

from guandian.privacy.finding import find
from guandian.privacy.masking import MAKE_SECRET, MODES, Masking, Mode, mask, read_secret
from guandian.privacy.personal_data import DataType, PersonalData

__all__ = [
    "MAKE_SECRET",
    "MODES",
    "DataType",
    "Masking",
    "Mode",
    "PersonalData",
    "find",
    "mask",
    "read_secret",
]
