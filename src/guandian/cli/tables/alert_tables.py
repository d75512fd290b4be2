"""What people are shown of alerts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from rich.console import Console
from rich.text import Text

from guandian.monitor.alerts.alert_words import name_of, quoted, repeats_words, words_of
from guandian.monitor.alerts.evidence import evidence_of
from guandian.monitor.alerts.model_steps import SwitchedModel
from guandian.monitor.alerts.replayed_history import ReplayedAlerts
from guandian.monitor.alerts.voices import Burst
from guandian.monitor.alerts.watch_pass import PassedLook
from guandian.report.mined.single_review import shown
from guandian.store import StoreReader
from guandian.store.records.watching import AlertRecord
from guandian.wording import counted, say


def show_replay(
    reader: StoreReader, history: ReplayedAlerts, noticed: date | None, screen: Console
) -> None:
    """Every alert that would have fired, and what was allowed."""
    for alert in history.alerts:
        show_alert(reader, alert, screen)
        if noticed and alert.fired and alert.fired < noticed:
            earlier = say("{days} days before it was noticed", days=(noticed - alert.fired).days)
            screen.print(Text(f"  {earlier}", "green"), soft_wrap=True)
        end = history.ends[alert.id]
        if end.cleared:
            over = say("over on {day}", day=end.cleared)
            screen.print(Text(f"  {over}", "dim"), soft_wrap=True)
        screen.print()
    show_bursts(reader, history.bursts, screen)
    show_switches(history.switches, screen)
    parts = [
        counted(len(history.alerts), "alerts", sense="counted"),
        say("in {weeks} weeks", weeks=f"{history.weeks:,.1f}"),
        counted(len(history.table.keys), "series", sense="counted"),
        say("told within another: {children}", children=history.children),
    ]
    screen.print(Text(" · ".join(parts)), soft_wrap=True)
    screen.print(Text(str(history.realised.words)), soft_wrap=True)


def show_look(look: PassedLook, screen: Console) -> None:
    """How much was watched in one look, in a line."""
    parts = [
        counted(look.series, "series", sense="counted"),
        say("buckets judged: {buckets}", buckets=look.buckets),
        counted(len(look.fired), "alerts", sense="counted"),
    ]
    screen.print(Text(" · ".join(parts)), soft_wrap=True)
    if look.budget is not None:
        screen.print(Text(str(look.budget.words)), soft_wrap=True)


def show_quiet(look: PassedLook, reviews: int, screen: Console) -> None:
    """That a look told of nothing, and how much it saw, in a line."""
    parts = [
        say("nothing fired"),
        counted(look.series, "series", sense="counted"),
        counted(reviews, "reviews"),
    ]
    screen.print(Text(" · ".join(parts)), soft_wrap=True)


def show_bursts(reader: StoreReader, bursts: Sequence[Burst], screen: Console) -> None:
    """What near copies and floods did not let fire."""
    for burst in bursts:
        words = [
            f"{burst.day} {name_of(reader, burst.key)}",
            counted(burst.repeats.reviews, "complaints"),
            str(repeats_words(burst.repeats.copies, burst.repeats.floods)),
            say("no alert"),
        ]
        screen.print(Text(shown(" · ".join(words)), "dim"), soft_wrap=True)


def show_switches(switches: Sequence[SwitchedModel], screen: Console) -> None:
    """What was done about models that took another's place."""
    for switch in switches:
        screen.print(Text(shown(str(switch.words)), "dim"), soft_wrap=True)


def show_alert(reader: StoreReader, alert: AlertRecord, screen: Console) -> None:
    """One alert with its quotes, its cause and why it fired."""
    evidence = evidence_of(reader, alert)
    words = words_of(reader, alert, evidence.slice)
    screen.print(Text(f"{alert.fired} ", "bold") + shown(str(words.sentence)), soft_wrap=True)
    if words.cause:
        screen.print(Text(f"  {shown(str(words.cause))}"), soft_wrap=True)
    for more in (words.dated, words.repeats):
        if more:
            screen.print(Text(f"  {shown(str(more))}"), soft_wrap=True)
    for quote in evidence.quotes:
        said = quoted(quote.opinion.evidence.of(quote.review.text))
        screen.print(Text(f"  “{shown(said)}”", "italic"), soft_wrap=True)
    screen.print(Text(f"  {shown(str(words.why))}", "dim"), soft_wrap=True)
