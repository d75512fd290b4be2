"""Answers, and figures of retrieval, on the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from guandian.assist.answers.answer import ShopAnswer
from guandian.cli.tables.evaluation_tables import printable
from guandian.wording import counted, say

if TYPE_CHECKING:
    from guandian.evaluation.intervals.bootstrap import Interval
    from guandian.pipelines.answering.answer_scores import AnswerScores
    from guandian.pipelines.answering.training_report import TrainingReport


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


def show_answer_scores(scores: AnswerScores, screen: Console | None = None) -> None:
    """Print the figures of every list, of what was quoted, and of refusal."""
    screen = screen or Console(highlight=False, markup=False)
    counts = counted(scores.questions, "questions"), counted(scores.passages, "passages")
    screen.print(Text(", ".join(counts)))
    for way, row in scores.lists.items():
        figures = (
            f"hit@5 {_interval(row.hit)}   MRR {_interval(row.mrr)}"
            f"   {say('shared documents')} {row.shared:.3f}"
        )
        screen.print(Text(f"  {way:8} {figures}"), soft_wrap=True)
    lines = [
        say("answered: {share:.1%}", share=scores.answered),
        say("of these, the answer was quoted: {share:.1%}", share=scores.quoted),
    ]
    if scores.refusal is not None:
        words = say(
            "refused without the answer: {away:.1%}, with it: {there:.1%} (AUROC {auroc:.3f})",
            away=scores.refusal.away,
            there=scores.refusal.there,
            auroc=scores.refusal.auroc,
        )
        lines.append(words)
    for line in lines:
        screen.print(Text(f"  {line}"), soft_wrap=True)


def show_training(report: TrainingReport, screen: Console | None = None) -> None:
    """Print what a training gained, list by list, and what was kept."""
    screen = screen or Console(highlight=False, markup=False)
    for words, figures in ((say("before"), report.before), (say("after"), report.after)):
        for way, row in figures.items():
            text = f"  {words} {way:8} hit@5 {row['hit@5']:.3f}   MRR {row['mrr']:.3f}"
            screen.print(Text(text), soft_wrap=True)
    lines = [
        f"{say('gain in MRR')}: {_interval(report.gain)}",
        f"{say('gain in MRR, vectors alone')}: {_interval(report.dense_gain)}",
        say("the trained encoder is kept")
        if report.trained
        else say("the base is kept: training gained nothing that is certain"),
    ]
    if report.reread_gain is not None:
        lines.append(f"{say('gain by reading again')}: {_interval(report.reread_gain)}")
        lines.append(
            say("reading again is kept") if report.reread else say("reading again is left out")
        )
    lines.append(say("refused without the answer: {away:.1%}", away=report.refused))
    for line in lines:
        screen.print(Text(f"  {line}"), soft_wrap=True)


def _interval(interval: Interval) -> str:
    return f"{interval.value:.3f} ({interval.low:.3f} – {interval.high:.3f})"
