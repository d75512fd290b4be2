"""A draft of a reply, and what a reply breaks, in the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from guandian.assist.replies import ReplyDraft, check_reply
from guandian.assist.replies.second_look import reason_names
from guandian.cli.tables.evaluation_tables import printable
from guandian.wording import say, spoken


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
