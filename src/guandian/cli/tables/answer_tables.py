"""Answers, and figures of retrieval, on the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from guandian.assist.answers.answer import ShopAnswer
from guandian.cli.tables.evaluation_tables import printable
from guandian.wording import say


def show_answer(question: str, answer: ShopAnswer, screen: Console | None = None) -> None:
    """Print an answer with its sources, or the summary for who takes over."""
    screen = screen or Console(highlight=False, markup=False)
    screen.print(Text(printable(question.strip()[:_SHOWN]), "bold"), soft_wrap=True)
    lines = []
    if answer.handover is not None:
        lines += [say("handed over to a person"), *answer.handover.as_text().splitlines()]
    places = {source.passage.id: source.passage for source in answer.sources}
    for sentence in answer.sentences:
        passage = places[sentence.source]
        where = f"[{passage.file}:{passage.line}, {sentence.span.start}-{sentence.span.end}]"
        lines.append(f"{' '.join(sentence.text.split())} {where}")
    for pair in answer.contradictions:
        sides = ((pair.first, pair.first_words), (pair.second, pair.second_words))
        values = " / ".join(f"{name}: {words[:_VALUE]!r}" for name, words in sides)
        lines.append(f"{say('contradiction')}: {values}")
    for line in lines:
        screen.print(Text(f"  {printable(line)}"), soft_wrap=True)


_SHOWN, _VALUE = 200, 40
