"""What raters would say of a dialogue, and whether a person should take it over now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from guandian.assets import assets
from guandian.assist.replies.likeness import likeness
from guandian.assist.satisfaction.dialogues import LEVELS, Quality, Utterance
from guandian.assist.satisfaction.satisfaction_model import SatisfactionModel, open_satisfaction
from guandian.assist.satisfaction.turn_features import Tones, cues, dialogue_numbers, toned
from guandian.mining.miner import Miner

_ALIKE = 0.6
"""Two turns of one side this alike say the same again."""
_SHORT = 6
"""Shorter turns are greetings and thanks, which may be said again."""
LOW, AGAIN, STOCK = "low", "again", "stock"


@dataclass(frozen=True, slots=True)
class HandoverSign:
    """Why a person should take over.

    Attributes:
        name: `low` (satisfaction is expected to be low), `person`, `authority`, `leaving`,
            `danger` (what the customer says), `again` (the customer says the same again) or
            `stock` (the shop does).
        at: number of the turn, from 0; None for the whole dialogue.
        words: that say so, empty where none do alone.
    """

    name: str
    at: int | None
    words: str


@dataclass(frozen=True, slots=True)
class DialogueJudgement:
    """What raters would say, as far as the turns go.

    Attributes:
        shares: by quality, the share of raters at each level from -2 to 2.
        means: by quality, the mean level.
        hand_over: whether a person should take over now.
        signs: why, or what speaks for it; empty where nothing does.
    """

    shares: Mapping[Quality, tuple[float, ...]]
    means: Mapping[Quality, float]
    hand_over: bool
    signs: tuple[HandoverSign, ...]

    def to_dict(self) -> dict[str, Any]:
        """The object that `guandian assist judge` writes."""
        return {
            "means": {name: round(value, 3) for name, value in self.means.items()},
            "shares": {
                name: [round(share, 4) for share in shares] for name, shares in self.shares.items()
            },
            "hand_over": self.hand_over,
            "signs": [
                {"name": sign.name, "turn": sign.at, "words": sign.words} for sign in self.signs
            ],
        }


class DialogueJudge:
    """Judges dialogues by a model that was learned.

    Args:
        model: what was learned.
        tones: gives the tone of texts.
    """

    def __init__(self, model: SatisfactionModel, tones: Tones) -> None:
        self.model = model
        self._tones = tones

    @classmethod
    def open(cls, folder: Path | None, miner: Miner) -> Self:
        """Open what `guandian assist train --dialogues` wrote; None opens the shipped one.

        Raises:
            GuandianError: the folder cannot be read.
        """
        return cls(open_satisfaction(folder or shipped_satisfaction()), tones_of(miner))

    def judge(self, turns: Sequence[Utterance]) -> DialogueJudgement:
        """Judge one dialogue as far as it went.

        Raises:
            ValueError: it has no turn.
        """
        (judgement,) = self.judge_all([turns])
        return judgement

    def judge_all(self, dialogues: Iterable[Sequence[Utterance]]) -> list[DialogueJudgement]:
        """Judge many dialogues, in their order.

        Raises:
            ValueError: one of them has no turn.
        """
        listed = [list(turns) for turns in dialogues]
        if not all(listed):
            raise ValueError("a dialogue has one turn at least")
        if not listed:
            return []
        tones = toned(listed, self._tones)
        shares = self.model.predict(
            [dialogue_numbers(*pair) for pair in zip(listed, tones, strict=True)]
        )
        means = {name: rows @ np.array(LEVELS) for name, rows in shares.items()}
        return [
            self._judgement(
                turns,
                {name: tuple(map(float, rows[k])) for name, rows in shares.items()},
                {name: float(rows[k]) for name, rows in means.items()},
            )
            for k, turns in enumerate(listed)
        ]

    def _judgement(
        self,
        turns: Sequence[Utterance],
        shares: Mapping[Quality, tuple[float, ...]],
        means: Mapping[Quality, float],
    ) -> DialogueJudgement:
        signs = list(_signs(turns))
        low = means["satisfaction"] <= self.model.bar
        if low:
            signs.insert(0, HandoverSign(LOW, None, ""))
        # Other signs may stand in a thank-you; with a customer who is content they wait.
        pressing = {sign.name for sign in signs} & {"person", "authority", "danger"}
        return DialogueJudgement(shares, means, low or bool(pressing), tuple(signs))


def judge_dialogue(turns: Sequence[Utterance], judge: DialogueJudge) -> DialogueJudgement:
    """Judge one dialogue as far as it went."""
    return judge.judge(turns)


def tones_of(miner: Miner) -> Tones:
    """The sentiment of texts as a miner reads it."""

    def tones(texts: Sequence[str]) -> list[tuple[float, float, float]]:
        feelings = (mined.sentiment for mined in miner.predict(texts))
        return [(feeling.negative, feeling.neutral, feeling.positive) for feeling in feelings]

    return tones


def shipped_satisfaction() -> Path:
    """The folder of the model of dialogues that ships inside the package."""
    return assets() / "dialogues" / "helpdesk"


def _signs(turns: Sequence[Utterance]) -> Iterable[HandoverSign]:
    for number, spoken in enumerate(turns):
        if spoken.sender == "customer":
            for name, pattern in cues("handover").items():
                match = pattern.search(spoken.text.lower())
                if match:
                    yield HandoverSign(name, number, match.group())
    for sender, name in (("customer", AGAIN), ("shop", STOCK)):
        said = [(k, spoken.text) for k, spoken in enumerate(turns) if spoken.sender == sender]
        for position, (number, text) in enumerate(said):
            earlier = [other for _, other in said[:position] if len(other) > _SHORT]
            if len(text) > _SHORT and any(likeness(text, other) >= _ALIKE for other in earlier):
                yield HandoverSign(name, number, "")
                break
