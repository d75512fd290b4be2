"""A dialogue as numbers: its words by role and place, its form, cues, and the tone of its turns."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from zlib import crc32

import numpy as np

from guandian.assist.satisfaction.dialogues import Utterance

BUCKETS = 2**15
"""Runs of words fall into so many; no word of a dialogue is kept."""
_LONGEST, _READ = 3, 4000
"""Words of a run, and characters of a part that are read."""
_UNITS = re.compile(r"[a-z]+|\d+|[^\s\w]|[^\W\da-z_]")
_EVEN = (1 / 3, 1 / 3, 1 / 3)
_MOST_COUNTED = 3

Tone = tuple[float, float, float]
"""Probabilities of negative, neutral and positive."""
Tones = Callable[[Sequence[str]], Sequence[Tone]]


def texts_by_role(turns: Sequence[Utterance]) -> tuple[str, str, str, str, str]:
    """First and last words of the customer, last of the shop, all of either."""
    customer = [spoken.text for spoken in turns if spoken.sender == "customer"]
    shop = [spoken.text for spoken in turns if spoken.sender == "shop"]
    return (
        customer[0] if customer else "",
        customer[-1] if len(customer) > 1 else "",
        shop[-1] if shop else "",
        "\n".join(customer),
        "\n".join(shop),
    )


def hashed_runs(part: int, text: str) -> Counter[int]:
    """Buckets of the runs of one to three words of a part, with their numbers.

    A Han character is a word, as a mark is; numbers are all alike.
    """
    units = ["0" if unit.isdigit() else unit for unit in _UNITS.findall(text[:_READ].lower())]
    return Counter(
        crc32(f"{part}{' '.join(units[k : k + length])}".encode(errors="replace")) % BUCKETS
        for length in range(1, _LONGEST + 1)
        for k in range(len(units) - length + 1)
    )


def form_and_tone(turns: Sequence[Utterance], tones: Sequence[Tone]) -> list[float]:
    """Lengths, who speaks last, cues and tones.

    Args:
        turns: of a dialogue.
        tones: of each turn.
    """
    pairs = list(zip(turns, tones, strict=True))
    customer = [
        (spoken.text.lower(), tone) for spoken, tone in pairs if spoken.sender == "customer"
    ]
    shop = [(spoken.text.lower(), tone) for spoken, tone in pairs if spoken.sender == "shop"]
    return [*_form(turns), *_tone(customer, shop), *_counted(customer, shop)]


def _form(turns: Sequence[Utterance]) -> list[float]:
    lengths = {
        sender: [len(spoken.text) for spoken in turns if spoken.sender == sender]
        for sender in ("customer", "shop")
    }
    customer, shop = lengths["customer"] or [0], lengths["shop"] or [0]
    logs = [len(turns[-1].text), sum(customer), sum(shop), customer[0], customer[-1], max(shop)]
    return [
        len(turns),
        *(float(len(turns) == number) for number in range(1, 8)),
        float(turns[-1].sender == "customer"),
        float(not turns[-1].text),
        *np.log1p(logs),
        customer[-1] / (customer[0] + 1),
        float(len(customer) > 1),
    ]


def _tone(customer: Sequence[tuple[str, Tone]], shop: Sequence[tuple[str, Tone]]) -> list[float]:
    ours = np.array([tone for _, tone in customer] or [_EVEN])
    theirs = np.array([tone for _, tone in shop] or [_EVEN])
    rows = (ours[0], ours[-1], ours.mean(0), ours[-1] - ours[0], theirs[-1], theirs.mean(0))
    return [float(value) for row in rows for value in row]


def _counted(customer: Sequence[tuple[str, Tone]], shop: Sequence[tuple[str, Tone]]) -> list[float]:
    said, answered = [text for text, _ in customer], [text for text, _ in shop]
    counts: list[float] = []
    for pattern in cues("customer").values():
        looked = (said[0] if said else "", said[-1] if len(said) > 1 else "", " ".join(said))
        counts += [_number(pattern, text) for text in looked]
    for pattern in cues("shop").values():
        counts += [
            _number(pattern, text)
            for text in (answered[-1] if answered else "", " ".join(answered))
        ]
    return counts


def _number(pattern: re.Pattern[str], text: str) -> float:
    return float(min(_MOST_COUNTED, len(pattern.findall(text[:_READ]))))


def toned(dialogues: Iterable[Sequence[Utterance]], tones: Tones) -> list[list[Tone]]:
    """The tone of each turn of each dialogue; each text is asked for once, a silent one is even."""
    listed = [list(turns) for turns in dialogues]
    texts = sorted({spoken.text for turns in listed for spoken in turns if spoken.text})
    known = dict(zip(texts, tones(texts), strict=True)) if texts else {}
    return [[known.get(spoken.text, _EVEN) for spoken in turns] for turns in listed]


@dataclass(frozen=True, slots=True)
class DialogueNumbers:
    """What a model reads of one dialogue.

    Attributes:
        runs: of each part, the buckets of its runs of words with their numbers.
        form: lengths, cues and tones.
    """

    runs: tuple[Counter[int], ...]
    form: tuple[float, ...]


def dialogue_numbers(turns: Sequence[Utterance], tones: Sequence[Tone]) -> DialogueNumbers:
    """Read a dialogue as numbers, with the tone of each turn."""
    runs = tuple(hashed_runs(part, text) for part, text in enumerate(texts_by_role(turns)))
    return DialogueNumbers(runs, tuple(form_and_tone(turns, tones)))


@cache
def cues(group: str) -> dict[str, re.Pattern[str]]:
    """The cues of `customer`, `shop` or `handover` by name, over small letters."""
    text = files("guandian.assist.satisfaction").joinpath("cues.toml").read_text("utf-8")
    return {name: re.compile(pattern) for name, pattern in tomllib.loads(text)[group].items()}
