"""Remarks beside a summary: copies, ratings not read, confidence never fitted."""

from __future__ import annotations

from guandian.evaluation.correction import Correction, net_of
from guandian.mining.boilerplate import SET_ASIDE
from guandian.mining.setting_aside import UNANSWERED
from guandian.report.evaluation.terms import UNFITTED
from guandian.report.mined.aggregate import Aggregate
from guandian.report.mined.figures import net_points
from guandian.text.cleaning import NOTHING_TO_READ
from guandian.wording import Name, term

ASIDE = {
    SET_ASIDE: term("filler"),
    NOTHING_TO_READ: term("nothing to read"),
    UNANSWERED: term("no answer"),
}
"""Why reviews are set aside, behind their number."""
_QUOTED = 40


def aggregate_remarks(total: Aggregate, correction: Correction | None) -> list[Name]:
    """The remarks in both languages; `correction` of the net as in the summary."""
    unfitted = UNFITTED if total.unfitted else None
    names = (_copies(total, correction), _ratings(total), _dominated(total), unfitted)
    return [remark for remark in names if remark]


def _dominated(total: Aggregate) -> Name | None:
    tally = total.whole.tally
    if not tally.dominated:
        return None
    few = f"{tally.effective:.1f}"
    return term(
        "a few long reviews hold most opinions: {reviews:,} reviews with "
        "opinions weigh as {few}, by which intervals are widened",
        reviews=tally.reviews,
        few=few,
    )


def _copies(total: Aggregate, correction: Correction | None) -> Name | None:
    copies = total.copies
    if copies.most is None:
        return None
    text, times = copies.most
    text = text if len(text) <= _QUOTED else f"{text[:_QUOTED]}…"
    share = f"{100 * total.share_copied():.1f} %"
    every = total.with_copies()
    net = net_of(every, correction)
    are = "is a copy" if copies.repeated == 1 else "are copies"
    whole = term(
        "{repeated:,} reviews ({share}) {are} of others and not counted",
        repeated=copies.repeated,
        share=share,
        are=are,
    )
    parted = term(
        "{parted:,} reviews have a column copied from others, and it is not counted",
        parted=copies.parted,
    )
    clauses = [name for name, n in ((whole, copies.repeated), (parted, copies.parted)) if n]
    clauses.append(
        term("the most copied text stands {times:,} times: “{text}”", times=times, text=text)
    )
    if net:
        clauses.append(
            term(
                "with copies there are {opinions:,} opinions and a net of {points}",
                opinions=every.opinions,
                points=net_points(net.value),
            )
        )
    return Name("；".join(name.zh for name in clauses), "; ".join(name.en for name in clauses))


def _ratings(total: Aggregate) -> Name | None:
    stars = total.stars
    if not stars.unread:
        return None
    like = term(", such as “{example}”", example=stars.example) if stars.example else Name("", "")
    are = "is" if stars.unread == 1 else "are"
    return term(
        "{unread:,} ratings could not be read as stars{like}, and {are} not counted",
        unread=stars.unread,
        like=like.en,
        are=are,
        like2=like.zh,
    )
