"""When to answer where nothing was calibrated: by words alone."""

from __future__ import annotations

from guandian.assist.answers.answerability import WORD_SIGNS, Answerability

BY_WORDS = Answerability(WORD_SIGNS, (0.0,) * 6, 0.0, 0.5, "")
