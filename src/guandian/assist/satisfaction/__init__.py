"""How satisfied a customer leaves a dialogue, and whether a person should take it over now."""

from guandian.assist.satisfaction.dialogue_judge import (
    DialogueJudge,
    DialogueJudgement,
    HandoverSign,
    judge_dialogue,
)
from guandian.assist.satisfaction.dialogues import Dialogue, Utterance, read_dialogues

__all__ = [
    "Dialogue",
    "DialogueJudge",
    "DialogueJudgement",
    "HandoverSign",
    "Utterance",
    "judge_dialogue",
    "read_dialogues",
]
