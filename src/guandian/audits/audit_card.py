"""What audits found of a model, as the tables of its card."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from guandian.bundle import Bundle
from guandian.bundle.card_sections import amend_card
from guandian.errors import GuandianError
from guandian.io.bounded import MOST_WORDS, read_text
from guandian.mining.caution.promises import Promises

HEADING = "Audited"
_WRITE = "write some: guandian audit stress BUNDLE DATA --json FILE"


def write_audits(
    bundle: Bundle, files: Sequence[Path], promises: Promises | None, today: date
) -> Bundle:
    """Write what audits found into a bundle's card, in place of what stood there of them.

    Args:
        bundle: that was audited.
        files: what `guandian audit ... --json` wrote of it.
        promises: what its confidence promises, where that was measured.
        today: the date of the section.

    Returns:
        The bundle with that card.

    Raises:
        GuandianError: a file holds no figures, or those of another model.
    """
    figures = [_figures(file, bundle.manifest.id) for file in files]
    return amend_card(
        bundle, HEADING, "\n".join(audit_lines(bundle.manifest.id, today, figures, promises))
    )


def audit_lines(
    model: str, today: date, figures: Sequence[Mapping[str, Any]], promises: Promises | None
) -> Iterator[str]:
    """The Markdown of a model's audits: when, then a table each."""
    yield f"{model}, {today.isoformat()}, by `make audit`, which writes this section anew."
    for audit in figures:
        yield ""
        yield from _swaps(audit) if "bounds" in audit else _stress(audit)
    if promises is not None:
        yield ""
        yield from _promised(promises)


def _figures(file: Path, model: str) -> Mapping[str, Any]:
    """The figures of one audit of that model.

    Raises:
        GuandianError: they are of another, or none.
    """
    try:
        audit = json.loads(read_text(file, MOST_WORDS))
        audited = audit["model"]
        if not (("bounds" in audit and "rows" in audit) or "capabilities" in audit):
            raise KeyError("rows")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise GuandianError(f"{file} holds no figures of an audit: {error!r}", _WRITE) from error
    if audited != model:
        raise GuandianError(f"{file} is of {audited}, and the card is of {model}", _WRITE)
    figures: Mapping[str, Any] = audit
    return figures


def _stress(audit: Mapping[str, Any]) -> Iterator[str]:
    """A row a changed text, a search, an aspect and a certificate."""
    size = f"at most {audit['limit']:,} reviews a task, seed {audit['seed']}"
    yield (
        f"Under stress (`guandian audit stress`), {_cell(audit['data'])}: {size},"
        f" {audit['share']:.0%} of characters changed. Failed: what was answered rightly, and is"
        " not any more."
    )
    yield ""
    yield "| task | change | tried | failed | share, % | 95 % |"
    yield "|---|---|---|---|---|---|"
    for row in audit["capabilities"]:
        yield _row(row["task"], row["capability"], row["cases"], row["failures"], row["rate"])
    for row in audit["rounds"]:
        defences = ", ".join(row["defences"]) or "nothing"
        change = f"searched ({audit['queries']} readings at most), defended: {defences}"
        yield _row(row["task"], change, row["right"], row["turned"], row["success"])
    if audit["aspects"]:
        yield ""
        yield "| aspects | targets | right before, % | right after, % (95 %) | points less |"
        yield "|---|---|---|---|---|"
    for row in audit["aspects"]:
        before = "" if row["before"] is None else f"{100 * row['before']:.1f}"
        after = _percent(row["after"])
        less = f"{row['drop_points']:.1f}"
        name = "under all of them" if row["change"] == "all" else row["change"]
        yield f"| {name} | {row['targets']:,} | {before} | {after} | {less} |"
    smoothed = audit["certificate"]
    if smoothed is not None:
        yield ""
        yield (
            f"| certificate, {smoothed['reviews']:,} reviews of at most {smoothed['longest']}"
            f" characters, {smoothed['copies']} copies | right and certified, % (95 %) |"
        )
        yield "|---|---|"
        for edits, rate in smoothed["certified"].items():
            yield f"| {edits} edits | {_percent(rate)} |"


def _swaps(audit: Mapping[str, Any]) -> Iterator[str]:
    """A row a kind of words and answer, and which bounds all swaps together hold."""
    bounds = audit["bounds"]
    yield (
        "Swapped names, genders, origins and brands (`guandian audit alike`): changes of a"
        f" probability; bounds: mean {bounds['mean']:g}, largest {bounds['largest']:g}, flips"
        f" {bounds['flips']:.1%}."
    )
    yield ""
    yield "| swapped | answer | pairs | mean (95 %) | largest | flips, % | beyond |"
    yield "|---|---|---|---|---|---|---|"
    for row in audit["rows"]:
        name = " ".join(dict.fromkeys((row["origin"], row["kind"], row["language"])))
        for answer in ("sentiment", "opinions"):
            shift = row[answer]
            if shift is None:
                continue
            mean, flips = shift["mean"], shift["flips"]["value"]
            beyond = {
                "mean": mean["value"] > bounds["mean"],
                "largest": shift["largest"] > bounds["largest"],
                "flips": flips > bounds["flips"],
            }
            names = ", ".join(key for key, exceeds in beyond.items() if exceeds) or "holds"
            yield (
                f"| {_cell(name)} | {answer} | {shift['number']:,} | {mean['value']:.4f}"
                f" ({max(mean['low'], 0):.4f}–{mean['high']:.4f}) | {shift['largest']:.3f}"
                f" | {100 * flips:.2f} | {names} |"
            )


def _promised(promises: Promises) -> Iterator[str]:
    """A row a meaning of right and language: the highest promise, and what it costs."""
    about = promises.measured
    yield (
        f"Promised precision (`guandian promise`), {_cell(str(about.get('on', '')))},"
        f" {about.get('date', '')}: the highest, which holds with a probability of"
        f" {about.get('certainty', 0):g}."
    )
    yield ""
    yield "| right | language | opinions | precision | confidence | held back, % |"
    yield "|---|---|---|---|---|---|"
    for meaning, languages in promises.rows.items():
        for language, rows in languages.items():
            number = f"{promises.opinions.get(language, 0):,}"
            if not rows:
                yield f"| {meaning} | {language} | {number} | none | | 100 |"
                continue
            precision, least, share = rows[-1]
            yield (
                f"| {meaning} | {language} | {number} | {precision:.2f} | {least:.3f}"
                f" | {100 * (1 - share):.0f} |"
            )


def _row(task: str, change: str, tried: int, failed: int, rate: Mapping[str, float] | None) -> str:
    shares = " | " if rate is None else f"{100 * rate['value']:.1f} | {_range(rate)}"
    return f"| {_cell(task)} | {_cell(change)} | {tried:,} | {failed:,} | {shares} |"


def _percent(rate: Mapping[str, float] | None) -> str:
    return "" if rate is None else f"{100 * rate['value']:.1f} ({_range(rate)})"


def _range(rate: Mapping[str, float]) -> str:
    return f"{100 * rate['low']:.1f}–{100 * rate['high']:.1f}"


def _cell(words: str) -> str:
    """Words that stay in their cell."""
    return " ".join(words.replace("|", "/").split())
