"""When to answer where nothing was calibrated: by words alone."""

from __future__ import annotations

from guandian.assist.answers.refusing.answerability import Answerability

BY_WORDS = Answerability(
    # Not `met`, which tells more (`python bench/assist_refusal.py --fit`): what a message says
    # beside its question, such as when it was bought or a number to call, would count against it.
    signs=("first window", "words", "pairs"),
    weights=(3.65, 3.67, 12.33),
    bias=-3.76,
    threshold=0.197,
    # 148 pairs of the same meaning among 311 short questions; of such questions whose answer was
    # taken away half are refused, of the others one in twenty.
    fitted_on="BUSTM (few-shot train and dev)",
)
"""Shop assistants' short questions, answered by a question of the same meaning."""
