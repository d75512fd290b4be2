"""What a message to a shop wants: intent, opinions, urgency and details, personal data masked."""

from __future__ import annotations

from guandian.assist.understanding.understander import ReviewMiner, Understander
from guandian.assist.understanding.understanding import (
    IntentGuess,
    Slot,
    Understanding,
    Urgency,
    UrgencySign,
)

__all__ = [
    "IntentGuess",
    "ReviewMiner",
    "Slot",
    "Understander",
    "Understanding",
    "Urgency",
    "UrgencySign",
]
