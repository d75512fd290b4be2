"""One draft's sentences: which places of `phrases` they come from, in which order."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

from guandian.assist.replies.house_style import HouseStyle
from guandian.assist.replies.named_aspects import NamedAspect, Points
from guandian.assist.replies.reply_phrases import Phrases, ReplyLanguage, has_phrases, phrases
from guandian.domain import Polarity

Mood = Literal["thanks", "apology", "both", "neutral"]
_ANY = "overall"
"""The category whose sentences fit any."""


@dataclass(frozen=True, slots=True)
class Brief:
    """What a draft is about.

    Attributes:
        points: what it can speak of.
        mood: what it does.
        topic: of the next step in section of the complaint's category, such as `health`.
    """

    points: Points
    mood: Mood
    topic: str = ""


class Composer:
    """Puts the sentences of one draft together; the same key gives the same ones.

    Args:
        language: of the reply.
        style: of the house.
        brief: what it is about.
        key: decides which sentences are taken.
    """

    def __init__(self, language: ReplyLanguage, style: HouseStyle, brief: Brief, key: str) -> None:
        self._language, self._style = language, style
        self._points, self._mood, self._topic = brief.points, brief.mood, brief.topic
        self._key = key
        self._said: set[str] = set()

    def public(self) -> tuple[str, tuple[NamedAspect, ...]]:
        """The public answer and the aspects that it names; empty where no opening is wanted."""
        makers = {
            "thanks": self._thanks,
            "apology": self._apology,
            "both": self._both,
            "neutral": self._neutral,
        }
        sentences, names = makers[self._mood]()
        friendly = self._mood == "thanks"
        greeting = self._pick(f"greeting.{self._style.tone}" if friendly else "sober.greeting")
        return self._joined(greeting, sentences[: self._style.sentences]), names

    def private(self) -> str:
        """The private message; empty where no opening is wanted."""
        points = self._points
        if self._mood == "thanks":
            praised = points.praise[:1]
            opening = self._named("message.thanks", praised)
            more = [self._category("positive.category", praised, points.praised)]
            closing = "message.thanks_closing"
        elif self._mood == "neutral":
            opening = self._neutral_opening(self._mentioned())
            more, closing = [self._pick("neutral.follow")], "message.thanks_closing"
        else:
            blamed = points.complaints[:1]
            opening = self._named("message.sorry", blamed)
            next_step = self._category("negative.next", blamed, points.blamed)
            ask = self._pick("message.sorry_ask")
            more = [ask, next_step] if self._toss("ask first") else [next_step, ask]
            closing = "message.sorry_closing"
        return self._joined(self._pick("message.greeting"), [opening, *more, self._pick(closing)])

    def _thanks(self) -> tuple[list[str], tuple[NamedAspect, ...]]:
        points = self._points
        first, second = points.praise[:1], points.praise[1:2]
        category = self._category("positive.category", first, points.praised)
        closing = self._pick(f"positive.closing.{self._style.tone}")
        if not first:
            mentioned = points.others[:1]
            opening = (
                self._named("mention", mentioned) if mentioned else self._pick("positive.unnamed")
            )
            return [opening, category, closing], mentioned
        pair = bool(second) and self._toss("two")
        section = "positive.opening_two" if pair else "positive.opening"
        opening = self._fill(self._pick(section), first[0], second[0] if pair else None)
        praise = ""
        if first[0].expression and self._toss("quote"):
            praise = self._pick("positive.expression").format(expression=first[0].expression)
        more = ""
        if second and not pair and self._toss("second"):
            more = self._pick("positive.second").format(second=second[0].shown)
        sentences = [opening, praise, category, more, closing]
        if opening and praise and self._toss("quote first"):
            sentences[:2] = [praise, opening]
        return [opening, *(text for text in sentences[1:] if text)], first + (
            second if pair or more else ()
        )

    def _apology(self) -> tuple[list[str], tuple[NamedAspect, ...]]:
        points = self._points
        first, second = points.complaints[:1], points.complaints[1:2]
        names, unnamed = first, points.blamed
        if not first:
            names = points.others[:1]
            opening = self._pick("negative.unnamed")
            if opening and names:
                opening += self._gap() + self._fill(self._pick("mention_sorry"), names[0])
                if names[0].polarity is Polarity.NEGATIVE and not unnamed:
                    unnamed = (names[0].category,)
        elif second and self._toss("two"):
            names = first + second
            opening = self._fill(self._pick("negative.opening_two"), first[0], second[0])
        else:
            opening = self._fill(self._pick("negative.opening"), first[0])
        category = self._category("negative.next", first, unnamed)
        return [opening, category, *self._ending()], names

    def _both(self) -> tuple[list[str], tuple[NamedAspect, ...]]:
        points = self._points
        praised, blamed = points.praise[:1], points.complaints[:1]
        section = (
            "opening" if praised and blamed else "opening_praise" if praised else "opening_blame"
        )
        opening = self._pick(f"mixed.{section}").format(
            praised=praised[0].shown if praised else "", aspect=blamed[0].shown if blamed else ""
        )
        category = self._category("negative.next", blamed, points.blamed)
        return [self._capital(opening), category, *self._ending()], praised + blamed

    def _neutral(self) -> tuple[list[str], tuple[NamedAspect, ...]]:
        names = self._mentioned()
        sentences = [self._neutral_opening(names), self._pick("neutral.follow")]
        return [*sentences, self._pick("neutral.closing")], names

    def _mentioned(self) -> tuple[NamedAspect, ...]:
        points = self._points
        return (*points.complaints, *points.others, *points.praise)[:1]

    def _neutral_opening(self, names: tuple[NamedAspect, ...]) -> str:
        if not names:
            return self._pick("neutral.unnamed")
        good = names[0].polarity is Polarity.POSITIVE
        return self._fill(self._pick("mention" if good else "neutral.opening"), names[0])

    def _ending(self) -> list[str]:
        private = self._pick("negative.private")
        closing = self._pick(f"negative.closing.{self._style.tone}")
        return [private, closing] if self._toss("private first") else [private]

    def _named(self, section: str, names: tuple[NamedAspect, ...]) -> str:
        if names:
            return self._fill(self._pick(section), names[0])
        return self._pick(f"{section}_unnamed")

    def _category(
        self, section: str, names: tuple[NamedAspect, ...], unnamed: tuple[str, ...]
    ) -> str:
        category = names[0].category if names else unnamed[0] if unnamed else _ANY
        if self._topic and section == "negative.next":
            category = self._topic
        known = has_phrases(self._language, f"{section}.{category}")
        return self._pick(f"{section}.{category if known else _ANY}")

    def _fill(self, phrase: str, first: NamedAspect, second: NamedAspect | None = None) -> str:
        text = phrase.format(aspect=first.shown, second=second.shown if second else "")
        return self._capital(text)

    def _capital(self, text: str) -> str:
        return text[:1].upper() + text[1:] if self._language == "en" else text

    def _pick(self, section: str) -> str:
        """A sentence of a section that was not said in this draft and holds no unwanted word."""
        known: Phrases = phrases(self._language, section)
        fresh = [text for text in known if text not in self._said and self._wanted(text)]
        if not fresh:
            return ""
        chosen = fresh[self._number(section) % len(fresh)]
        self._said.add(chosen)
        return chosen

    def _wanted(self, text: str) -> bool:
        return not self._style.avoids(text)

    def _toss(self, name: str) -> bool:
        return self._number(name) % 2 == 0

    def _number(self, name: str) -> int:
        return int.from_bytes(sha256(f"{self._key}|{name}".encode(errors="replace")).digest()[:6])

    def _gap(self) -> str:
        return " " if self._language == "en" else ""

    def _joined(self, greeting: str, sentences: list[str]) -> str:
        body = self._gap().join(text for text in sentences if text)
        if not sentences or not sentences[0]:
            return ""
        if self._language == "en" and greeting.endswith(", "):
            body = body if re.match(r"I\b", body) else body[:1].lower() + body[1:]
        elif self._language == "en":
            body = body[:1].upper() + body[1:]
        text = greeting + body
        if self._language == "zh" and self._style.address == "你":
            text = text.replace("您", "你")
        if self._style.avoids(text):
            return ""
        signature = self._style.signature.strip()
        if not signature:
            return text
        return f"{text}——{signature}" if self._language == "zh" else f"{text} — {signature}"
