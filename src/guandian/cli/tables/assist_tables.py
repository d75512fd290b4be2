"""What was understood of a message, in the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from guandian.assist.understanding import IntentGuess, Understanding
from guandian.cli.tables.evaluation_tables import printable
from guandian.pipelines.intents.evaluation import IntentScores, Share
from guandian.wording import say, term

_SHOWN = 200
"""Characters of a message."""
_WHY = {
    "nothing to read": term("nothing to read"),
    "gibberish": term("gibberish"),
    "another language": term("another language"),
    "unlike the examples": term("unlike the examples"),
}
_SIGNS = {
    "danger": term("danger"),
    "threat": term("threat"),
    "deadline": term("deadline"),
    "again": term("again"),
    "money": term("money"),
    "shouting": term("shouting"),
    "unhappy": term("unhappy"),
    "complaint": term("complaint"),
}


def show_understanding(understanding: Understanding, screen: Console | None = None) -> None:
    """Print one message and what was understood of it."""
    screen = screen or Console(highlight=False, markup=False)
    masked = understanding.masked
    cut = f"{masked[:_SHOWN]}…" if len(masked) > _SHOWN else masked
    screen.print(Text(printable(cut), "bold"), soft_wrap=True)
    lines = []
    if understanding.intent is not None:
        lines.append((say("intent"), _intent(understanding.intent)))
    signs = ", ".join(str(_SIGNS[sign.name]) for sign in understanding.urgency.signs)
    lines.append((say("urgency"), f"{understanding.urgency.level:.2f}  {signs}".rstrip()))
    if understanding.opinions:
        tags = ", ".join(f"{o.tag} ({o.polarity})" for o in understanding.opinions)
        lines.append((say("opinions"), tags))
    if understanding.entities:
        named = ", ".join(e.span.of(masked) for e in understanding.entities)
        lines.append((say("entities"), named))
    if understanding.slots:
        lines.append(
            (say("details"), ", ".join(f"{s.name}: {s.value}" for s in understanding.slots))
        )
    lines += [(say("note"), note) for note in understanding.notes]
    for name, value in lines:
        screen.print(Text(f"  {name}: {printable(value)}"), soft_wrap=True)


def show_intent_scores(scores: IntentScores, screen: Console | None = None) -> None:
    """Print the figures of an evaluation, each with its interval."""
    screen = screen or Console(highlight=False, markup=False)
    rows = [
        (say("intent right"), _share(scores.accuracy)),
        (say("accepted and right"), _share(scores.accepted_right)),
        (say("called out of scope"), _share(scores.rejected)),
        (say("error of the confidence"), f"{scores.confidence_error:.3f}"),
    ]
    if scores.control is not None:
        rows.append((say("control: words alone"), _share(scores.control)))
    if (outside := scores.out_of_scope) is not None:
        rows += [
            (say("out of scope: AUROC"), f"{outside.auroc:.3f}"),
            (say("out of scope: rejected"), _share(outside.rejected)),
            (say("points lost where 95 % are rejected"), f"{outside.lost:.1f}"),
        ]
    if scores.unknown:
        rows.append((say("intents that were never trained"), str(scores.unknown)))
    for name, value in rows:
        screen.print(Text(f"{name}: {value}"), soft_wrap=True)


def _share(share: Share) -> str:
    return f"{share.value:.1%}  [{share.low:.1%}, {share.high:.1%}]  n={share.number}"


def _intent(intent: IntentGuess) -> str:
    if intent.in_scope:
        return f"{intent.name}  {intent.confidence:.2f}"
    return f"{say('none')} ({_WHY[intent.why]})"
