"""The words of a message: the sentence, its cause, the quotes, why it fired, and an id."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from guandian.monitor.alerts.alert_words import quoted, words_of
from guandian.monitor.alerts.evidence import evidence_of
from guandian.store import StoreReader
from guandian.store.records.watching import AlertRecord, Notice, NoticeKind
from guandian.wording import Name

_ELLIPSIS = "…"


@dataclass(frozen=True, slots=True)
class AlertMessage:
    """What is sent.

    Attributes:
        id: by which receivers know a repeat; it stands in the last line.
        lines: the sentence first.
    """

    id: str
    lines: Sequence[str]

    def text(self, most: int) -> str:
        """The message within so many bytes of UTF-8; the id stays whatever is cut."""
        end = f"\n[{self.id}]"
        room = most - len(end.encode())
        body = "\n".join(self.lines)
        if len(body.encode()) > room:
            short = body.encode()[: max(room - len(_ELLIPSIS.encode()), 0)]
            body = short.decode(errors="ignore") + _ELLIPSIS
        return body + end


def message_of(
    reader: StoreReader, alert: AlertRecord, notice: Notice, language: str
) -> AlertMessage:
    """What a channel is told, in its language: zh, en or both."""
    evidence = evidence_of(reader, alert)
    words = words_of(reader, alert, evidence.slice)
    lines = spoken_lines(words.sentence, language)
    if notice.kind is NoticeKind.FIRED:
        if words.cause:
            lines += spoken_lines(words.cause, language)
        for more in (words.dated, words.repeats):
            lines += spoken_lines(more, language) if more else []
        lines += [
            f"“{quoted(quote.opinion.evidence.of(quote.review.text))}”" for quote in evidence.quotes
        ]
        lines += spoken_lines(words.why, language)
    return AlertMessage(notice.id, lines)


def spoken_lines(name: Name, language: str) -> list[str]:
    """Words in the language of a channel: zh, en or both, a line each."""
    if language == "both":
        return [name.zh, name.en]
    return [name.zh if language == "zh" else name.en]
