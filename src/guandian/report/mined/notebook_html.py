"""Reviews and shares as pieces of HTML for notebooks: inline style, no script, text escaped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from guandian.display.html import render_html
from guandian.display.names import POLARITY_NAMES, Names
from guandian.domain import Mined, Opinion, Polarity, Review, Span
from guandian.domain.periods import clock_of
from guandian.evaluation.correction import Correction, net_of
from guandian.evaluation.intervals.clustered import IntervalEstimate
from guandian.report.evaluation.terms import UNFITTED
from guandian.report.mined.aggregate import Aggregate
from guandian.report.mined.figures import net_points, percent_ends, point_ends
from guandian.report.mined.payload import display
from guandian.report.mined.quotes import Piece, pieces
from guandian.report.mined.remarks import aggregate_remarks
from guandian.report.mined.single_review import shown
from guandian.report.mined.standing_out import disagreements
from guandian.report.mined.tallies import OpinionTally
from guandian.report.mined.terminal import typical_quote
from guandian.wording import Name, term

COLOURS = {
    Polarity.POSITIVE: "#1a9850",
    Polarity.NEGATIVE: "#d9453b",
    Polarity.NEUTRAL: "#b7791f",
}
"""Seen on white and on black alike."""
_TINTS = {
    Polarity.POSITIVE: "rgba(26,152,80,.3)",
    Polarity.NEGATIVE: "rgba(217,69,59,.3)",
    Polarity.NEUTRAL: "rgba(214,158,46,.32)",
}
_LINES = {Polarity.POSITIVE: "solid", Polarity.NEGATIVE: "wavy", Polarity.NEUTRAL: "dotted"}
"""Told by the line as well as by the colour."""
_FOLDER = Path(__file__).parent / "fragments"

Mark = tuple[Opinion, str, Span]
"""An opinion and the part of it that stands there: `a`spect, e`x`pression or `e`vidence."""


def render(template: str, view: Mapping[str, Any], *folders: Path) -> str:
    """A piece of HTML from a template here or in another room's folders.

    Whatever the view holds is escaped.
    """
    return render_html(template, view, [_FOLDER, *folders]).strip()


def review_fragment(review: Review, mined: Mined, names: Names) -> str:
    """One review with its opinions marked in place, and below them what each of them says.

    Expressions are tinted and aspects underlined, in the polarity's colour; an opinion without
    words of its own has its clause in italics. Controls and marks of direction are made visible,
    character for character, as in the terminal.
    """
    label = mined.sentiment.label
    unfitted = [str(UNFITTED)] if mined.opinions and not mined.fitted else []
    view = {
        "about": [
            shown(fact)
            for fact in (review.product, clock_of(review.time or ""), review.source)
            if fact
        ],
        "pieces": list(_pieces(review.text, mined.opinions, names)),
        "whole": {"name": POLARITY_NAMES[label], "colour": COLOURS[label]},
        "opinions": [_opinion(opinion, review.text, names) for opinion in mined.opinions],
        "entities": [
            {"text": shown(entity.span.of(review.text)), "type": entity.type}
            for entity in mined.entities
        ],
        "labels": [shown(f"{name} {label.value}") for name, label in mined.labels.items()],
        "warnings": [shown(warning) for warning in [*mined.warnings, *unfitted]],
    }
    return render("review.html.j2", view)


def summary_fragment(
    total: Aggregate,
    names: Names,
    *,
    rows: int = 12,
    minimum: int = 10,
    correction: Correction | None = None,
) -> str:
    """Shares and net sentiment by category and by aspect, each with its interval and a quote.

    Args:
        total: the counts.
        names: Chinese and English names of the categories.
        rows: rows of a table at most.
        minimum: what rests on fewer reviews is pale.
        correction: of every net for what the model misses; None shows them as found.
    """
    categories, aspects = total.categories.ranked(), total.aspects.ranked()
    ranked = {
        term("category"): [(display(key, names), cell) for key, cell in categories],
        term("aspect"): [((total.spelling(key), ""), cell) for key, cell in aspects],
    }
    view = {
        "reviews": f"{total.reviews:,}",
        "opinions": f"{total.whole.tally.opinions:,}",
        "sides": _sides(total, correction),
        "rest": _rest(total),
        "tables": [
            {
                "name": name,
                "rows": [_row(label, cell, minimum, correction) for label, cell in cells[:rows]],
                "more": max(0, len(cells) - rows),
            }
            for name, cells in ranked.items()
            if cells
        ],
        "minimum": minimum,
        "colours": {polarity.value: colour for polarity, colour in COLOURS.items()},
        "warnings": [(shown(words), n) for words, n in total.warnings.most_common(5)],
        "disagree": bool(disagreements(total, correction)),
        "remarks": [
            [shown(line) for line in remark] for remark in aggregate_remarks(total, correction)
        ],
    }
    return render("summary.html.j2", view)


def _sides(total: Aggregate, correction: Correction | None) -> list[dict[str, Any]]:
    """The net of the opinions, of whole reviews and of stars."""
    corrected = term("net of the opinions, corrected")
    nets = [
        (corrected if correction else term("net of the opinions"),
         net_of(total.whole.tally, correction)),
        (term("net of whole reviews"), total.of_reviews(correction)),
        (term("net of the stars"), total.stars.net()),
    ]  # fmt: skip
    return [{"name": name, "net": _net(net), "colour": _sure(net)} for name, net in nets if net]


def _rest(total: Aggregate) -> list[tuple[str, Name]]:
    """The numbers of reviews that say nothing, that nobody wrote, and that are copies."""
    counts = [
        (total.silent, term("without an opinion")),
        (total.aside.total(), term("set aside")),
        (total.copies.repeated, term("copies", sense="pasted")),
    ]
    return [(f"{number:,}", name) for number, name in counts if number]


def _sure(net: IntervalEstimate) -> str:
    """The colour of a net that is clear of zero, and of one that is not."""
    if net.low > 0 or net.high < 0:
        return COLOURS[Polarity.POSITIVE if net.low > 0 else Polarity.NEGATIVE]
    return COLOURS[Polarity.NEUTRAL]


def _pieces(text: str, opinions: Iterable[Opinion], names: Names) -> Iterator[dict[str, str]]:
    """The text cut where a mark begins or ends, each piece with its style and what it is."""
    marks = list(_marks(opinions))
    for piece in pieces(text, [(chr(k), span) for k, (*_, span) in enumerate(marks)]):
        covering = [marks[ord(letter)] for letter in piece.kinds]
        yield {
            "text": shown(piece.text, lines=True),
            "style": _style(covering),
            "title": "; ".join(dict.fromkeys(_told(opinion, names) for opinion, *_ in covering)),
        }


def _marks(opinions: Iterable[Opinion]) -> Iterator[Mark]:
    for opinion in opinions:
        if opinion.aspect is None and opinion.expression is None:
            yield opinion, "e", opinion.evidence
        if opinion.aspect:
            yield opinion, "a", opinion.aspect
        if opinion.expression:
            yield opinion, "x", opinion.expression


def _style(marks: list[Mark]) -> str:
    """The style of a piece under these marks; tints of several polarities lie in stripes."""
    parts: list[str] = []
    tints = list(
        dict.fromkeys(_TINTS[opinion.polarity] for opinion, kind, _ in marks if kind == "x")
    )
    if tints:
        high = 100 / len(tints)
        stripes = (f"{tint} {k * high:.0f}% {(k + 1) * high:.0f}%" for k, tint in enumerate(tints))
        parts += [
            f"background:linear-gradient({','.join(stripes)})"
            if tints[1:]
            else f"background:{tints[0]}",
            "border-radius:.2em;font-weight:600",
        ]
    lines = [opinion.polarity for opinion, kind, _ in marks if kind == "a"]
    if lines:
        parts += [f"text-decoration:underline {_LINES[lines[0]]} {COLOURS[lines[0]]} 2px"]
        parts += ["text-underline-offset:.25em"]
    clauses = [opinion.polarity for opinion, kind, _ in marks if kind == "e"]
    if clauses:
        parts += [f"font-style:italic;border-bottom:1px dotted {COLOURS[clauses[0]]}"]
    return ";".join(parts)


def _told(opinion: Opinion, names: Names) -> str:
    """One opinion in a line, for the pointer that rests on it."""
    zh, en = display(opinion.category, names)
    polarity = " ".join(POLARITY_NAMES[opinion.polarity])
    return shown(f"{opinion.tag}: {zh} {en} · {polarity} · {opinion.confidence:.0%}")


def _opinion(opinion: Opinion, text: str, names: Names) -> dict[str, Any]:
    bare = opinion.aspect is None and opinion.expression is None
    return {
        "aspect": _words(opinion.aspect, text),
        "expression": _words(opinion.expression, text),
        "evidence": _words(opinion.evidence, text) if bare else "",
        "category": [shown(name) for name in display(opinion.category, names)],
        "polarity": POLARITY_NAMES[opinion.polarity],
        "colour": COLOURS[opinion.polarity],
        "confidence": opinion.confidence,
    }


def _words(span: Span | None, text: str) -> str:
    return shown(span.of(text)) if span else ""


def _row(
    name: tuple[str, str], cell: OpinionTally, minimum: int, correction: Correction | None
) -> dict[str, Any]:
    tally = cell.tally
    net = net_of(tally, correction)
    quote = typical_quote(cell)
    return {
        "name": [shown(word) for word in name],
        "opinions": f"{tally.opinions:,}",
        "positive": _share(tally.positive_share()),
        "negative": _share(tally.negative_share()),
        "net": _net(net),
        "colour": _sure(net) if net else COLOURS[Polarity.NEUTRAL],
        "few": tally.reviews < minimum,
        "quote": [_quoted(piece, quote.polarity) for piece in quote.pieces if "e" in piece.kinds]
        if quote
        else [],
    }


def _quoted(piece: Piece, polarity: Polarity) -> dict[str, str]:
    style = f"background:{_TINTS[polarity]};border-radius:.2em" if "x" in piece.kinds else ""
    return {"text": shown(piece.text), "style": style, "title": ""}


def _share(share: IntervalEstimate | None) -> dict[str, Any] | None:
    if share is None:
        return None
    return {
        "told": f"{100 * share.value:.0f}\u202f%", "ends": percent_ends(share, "–"),
        "value": share.value, "low": share.low, "high": share.high,
    }  # fmt: skip


def _net(net: IntervalEstimate | None) -> dict[str, Any] | None:
    """Net sentiment in points; on the band -100 lies left and +100 right."""
    if net is None:
        return None
    low, value, high = ((1 + end) / 2 for end in (net.low, net.value, net.high))
    return {
        "told": net_points(net.value), "ends": point_ends(net),
        "value": value, "low": low, "high": high,
    }  # fmt: skip
