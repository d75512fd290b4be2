"""Lists of recommendations with their reasons, and how good they are, in the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from guandian.cli.tables.evaluation_tables import columns, printable
from guandian.display.tables import Fitted
from guandian.evaluation.intervals.bootstrap import Interval
from guandian.evaluation.rankings.off_policy import PolicyEstimate
from guandian.pipelines.recommending.offline_evaluation import OfflineEvaluation
from guandian.pipelines.recommending.star_ratings import StarErrors
from guandian.recommend.reasons import AspectReason, Reason
from guandian.recommend.recommender import Recommendation
from guandian.wording import counted, say, term

_SHOWN = 60
"""Characters of a title or a quote."""
_FEATURES = 8
_FEW = 100
"""Impressions that weights must be worth."""
_ESTIMATORS = {
    "as logged": term("as logged"),
    "ips": "IPS",
    "snips": "SNIPS",
    "direct": term("direct"),
    "doubly robust": term("doubly robust"),
    "chosen": term("chosen"),
}
SYSTEM_NAMES = {
    "ours": term("ours"),
    "plain hybrid": term("plain hybrid"),
    "without opinions": term("without opinions"),
    "shuffled opinions": term("shuffled opinions"),
    "without texts": term("without texts"),
    "shuffled texts": term("shuffled texts"),
    "without BPR": term("without BPR"),
    "without tower": term("without text tower"),
    "popularity": term("popularity"),
    "neighbours": term("neighbours"),
    "like-minded": term("like-minded"),
    "factors": term("factors"),
    "bpr": "BPR",
    "words": term("words"),
    "encoder": term("encoder"),
    "tower": term("text tower"),
    "topics": term("topics"),
    "match": term("match"),
    "opinion factors": term("opinion factors"),
}


def show_list(name: str, rows: Sequence[Recommendation], screen: Console, *, known: bool) -> None:
    """Print a list, each item with its reason below it.

    Args:
        name: for whom, or like what.
        rows: best first.
        screen: must not read markup, which names could hold.
        known: whether anything is known of the user.
    """
    screen.print(Text(printable(name), "bold"), soft_wrap=True)
    if not known:
        screen.print(Text(say("nothing is known of this user: what is popular"), "yellow"))
    if not rows:
        screen.print(Text(say("nothing fits"), "yellow"))
    for rank, row in enumerate(rows, start=1):
        title = f"  {_cut(row.title)}" if row.title else ""
        screen.print(Text(f"{rank:3}. {printable(row.item)}{title}"), soft_wrap=True)
        for line in reason_lines(row.reason):
            screen.print(Text(f"     {line}", "dim"), soft_wrap=True)


def reason_lines(reason: Reason) -> list[str]:
    """A reason in words, a line each."""
    lines = [f"+ {_aspect(row)}" for row in reason.praised]
    lines += [f"- {_aspect(row)}" for row in reason.blamed]
    if reason.because:
        like = ", ".join(map(printable, reason.because))
        lines.append(f"= {say('like {items}, which was chosen', items=like)}")
    if not lines and reason.popular:
        lines.append(f"= {counted(reason.popular, 'users', sense='like it')}")
    return lines


def show_evaluation(evaluation: OfflineEvaluation, screen: Console) -> None:
    """Print figures of systems, ours first, each with an interval and what ours gains over it."""
    parts = [
        counted(evaluation.users, "users"),
        counted(evaluation.pairs, "items", sense="held out"),
        counted(evaluation.items, "items", sense="ranked"),
        say("held out by time") if evaluation.by_time else say("held out at random"),
    ]
    if evaluation.splits > 1:
        parts.append(counted(evaluation.splits, "splits", sense="pooled"))
    if not evaluation.features:
        parts.append(say("no ranker: too few lessons"))
    screen.print(Text(" · ".join(parts), "bold"), soft_wrap=True)
    length = evaluation.length
    table = columns(
        term("system"),
        f"NDCG@{length}",
        term("interval"),
        term("ours less this"),
        f"recall@{length}",
        "MRR",
        term("coverage"),
        term("novelty"),
    )
    for row in evaluation.systems:
        table.add_row(
            Text(str(SYSTEM_NAMES[row.name])),
            f"{row.ndcg.value:.4f}",
            _ends(row.ndcg),
            "" if row.gain is None else f"{row.gain.value:+.4f} {_ends(row.gain)}",
            f"{row.recall.value:.4f}",
            f"{row.reciprocal.value:.4f}",
            f"{row.coverage:.3f}",
            f"{row.novelty:.2f}",
        )
    screen.print(Fitted(table))
    strata = columns(term("recall by popularity"), term("rare"), term("middling"), term("popular"))
    for row in evaluation.systems:
        strata.add_row(
            Text(str(SYSTEM_NAMES[row.name])),
            *(f"{share:.4f}" for share in row.by_stratum.values()),
        )
    screen.print(Fitted(strata))
    if evaluation.features:
        shares = [f"{name} {share:.2f}" for name, share in evaluation.features[:_FEATURES]]
        screen.print(Text(f"{say('what the ranker looks at')}: {', '.join(shares)}", "dim"))
    if evaluation.stars is not None:
        _show_stars(evaluation.stars, screen)


def _show_stars(errors: StarErrors, screen: Console) -> None:
    table = columns(term("stars foretold by"), term("mean squared error"), term("interval"))
    rows = (
        (term("the mean of all"), errors.mean),
        (term("habits of users and items"), errors.habits),
        (term("trees without opinions"), errors.blind),
        (term("trees with opinions"), errors.ours),
        (term("gain of opinions"), errors.gain),
    )
    for name, ends in rows:
        table.add_row(Text(str(name)), f"{ends.value:.4f}", _ends(ends))
    screen.print(Fitted(table))


def show_policy(estimates: Sequence[PolicyEstimate], screen: Console) -> None:
    """Print what another policy would have earned, by estimator."""
    table = columns(
        term("estimator"), term("mean reward"), term("interval"), term("worth impressions")
    )
    for row in estimates:
        table.add_row(
            Text(str(_ESTIMATORS[row.estimator])),
            f"{row.value.value:.5f}",
            f"{row.value.low:.5f}–{row.value.high:.5f}",
            f"{row.sample:,.0f}",
        )
    screen.print(Fitted(table))
    few = min(row.sample for row in estimates if row.estimator == "ips")
    if few < _FEW:
        note = say(
            "the weights of a few impressions decide `ips`, `snips` and `doubly robust`: "
            "trust `chosen`"
        )
        screen.print(Text(note, "yellow"), soft_wrap=True)


def _aspect(row: AspectReason) -> str:
    counts = say(
        "{aspect}: {praise} praise, {complaints} complain",
        aspect=printable(row.aspect),
        praise=f"{row.praise:,}",
        complaints=f"{row.complaints:,}",
    )
    quotes = "; ".join(f"“{_cut(quote.text)}” [{printable(quote.review)}]" for quote in row.quotes)
    return f"{counts}  {quotes}" if quotes else counts


def _ends(interval: Interval) -> str:
    return f"{interval.low:.4f}–{interval.high:.4f}"


def _cut(text: str) -> str:
    text = printable(" ".join(text.split()))
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
