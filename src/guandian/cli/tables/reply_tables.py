"""Drafts of replies, what a reply breaks, and judgements of dialogues, in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from guandian.assist.replies import ReplyDraft, check_reply
from guandian.assist.replies.second_look import reason_names
from guandian.cli.tables.evaluation_tables import printable
from guandian.wording import Name, say, spoken, term

if TYPE_CHECKING:
    from guandian.assist.satisfaction import Dialogue, DialogueJudgement
    from guandian.pipelines.dialogues.satisfaction_scores import SatisfactionScores


def show_draft(draft: ReplyDraft, screen: Console | None = None) -> None:
    """Print the public answer and the private message to one review, and who must look."""
    screen = screen or Console(highlight=False, markup=False)
    names = reason_names()
    why = ", ".join(spoken(*names[code]) for code in draft.reasons)
    rows = [
        (say("review"), draft.review_id),
        (say("public answer"), draft.public or say("(none)")),
        (say("private message"), draft.private or say("(none)")),
        (say("a person must see it"), why or say("no")),
    ]
    for name, value in rows:
        screen.print(Text(f"{name}: {printable(value)}"), soft_wrap=True)
    screen.print()


def show_violations(reply: str, review: str, screen: Console | None = None) -> bool:
    """Print which guards a reply breaks; whether it breaks any."""
    screen = screen or Console(highlight=False, markup=False)
    violations = check_reply(reply, review)
    for violation in violations:
        screen.print(Text(f"{violation.why}: {printable(violation.words)}"), soft_wrap=True)
    if not violations:
        screen.print(Text(say("It breaks no guard.")))
    return bool(violations)


def show_judgement(
    dialogue: Dialogue, judgement: DialogueJudgement, screen: Console | None = None
) -> None:
    """Print what is expected of one dialogue, and why a person should take over."""
    screen = screen or Console(highlight=False, markup=False)
    names = _sign_names()
    means = judgement.means
    signs = [
        f"{spoken(*names[sign.name])}{_where(sign.at)}{_quoted(sign.words)}"
        for sign in judgement.signs
    ]
    rows = [
        (say("dialogue"), dialogue.id),
        (say("satisfaction from -2 to 2"), f"{means['satisfaction']:+.2f}"),
        (say("effectiveness"), f"{means['effectiveness']:+.2f}"),
        (say("accomplishment"), f"{means['accomplishment']:+.2f}"),
        (say("hand over now"), say("yes") if judgement.hand_over else say("no")),
        (say("signs"), ", ".join(signs) or say("(none)")),
    ]
    for name, value in rows:
        screen.print(Text(f"{name}: {printable(value)}"), soft_wrap=True)
    screen.print()


def show_satisfaction(scores: SatisfactionScores, screen: Console | None = None) -> None:
    """Print how well satisfaction is known, beside controls."""
    screen = screen or Console(highlight=False, markup=False)
    systems = {
        "ours": say("ours"),
        "mean of raters": say("mean of raters"),
        "tone of the last words": say("tone of the last words"),
    }
    for name, spelled in systems.items():
        distance, divergence = scores.distance[name], scores.divergence[name]
        words = [
            f"NMD {distance['satisfaction']:.4f}",
            f"RSNOD {divergence['satisfaction']:.4f}",
            f"AUROC <0 {scores.below_nought[name]:.3f}",
            f"<=-0.5 {scores.unhappy[name]:.3f}",
            f"<=-0.5 / >=0.5 {scores.clear[name]:.3f}",
            f"r {scores.correlation[name]:.3f}",
        ]
        screen.print(Text(f"{spelled}: {'  '.join(words)}"), soft_wrap=True)
    for turns, share in scores.handed_over.items():
        right, caught = scores.right[turns], scores.caught[turns]
        screen.print(
            Text(
                say(
                    "handed over after {turns} turns of the customer: {share:.1%}, of them unhappy"
                    " {right:.1%}, of the unhappy {caught:.1%}",
                    turns=turns,
                    share=share,
                    right=right,
                    caught=caught,
                )
            ),
            soft_wrap=True,
        )


def _where(number: int | None) -> str:
    return "" if number is None else say(" (turn {number})", number=number + 1)


def _quoted(words: str) -> str:
    return f" “{words}”" if words else ""


def _sign_names() -> dict[str, Name]:
    return {
        "low": term("satisfaction is expected to be low"),
        "person": term("a person is asked for"),
        "authority": term("an authority or the press is named"),
        "leaving": term("the customer wants to leave"),
        "danger": term("it speaks of danger"),
        "again": term("the customer says the same again"),
        "stock": term("the shop says the same again"),
    }
