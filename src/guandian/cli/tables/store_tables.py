"""Tables of what a store answers."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from guandian.cli.tables.evaluation_tables import columns, printable
from guandian.display.names import POLARITY_NAMES
from guandian.display.tables import Fitted
from guandian.evaluation.intervals.clustered import IntervalEstimate
from guandian.report.mined.figures import net_points, percent_ends, point_ends
from guandian.report.mined.single_review import shown
from guandian.store import Overview, Page, Row, StoredOpinion, StoreStatus, Trend
from guandian.wording import counted, say, term


def show_overview(overview: Overview, screen: Console) -> None:
    """The whole of a selection, in a line or two."""
    aside, net = sum(overview.aside.values()), say("net")
    net += f" {say('corrected') if overview.corrected else say('as found')}"
    parts = [
        counted(overview.reviews, "reviews"),
        counted(overview.opinions, "opinions", sense="counted"),
        f"{net} {_net(overview.net)}",
    ]
    if aside:
        parts.append(f"{aside:,} {say('set aside')}")
    if overview.copies:
        parts.append(counted(overview.copies, "copies", sense="pasted"))
    screen.print(Text(" · ".join(parts)), soft_wrap=True)
    for name in overview.incomplete:
        screen.print(Text(f"{say('missing, the rest is shown')}: {name}", "yellow"))


def show_rows(by: str, rows: Sequence[Row], screen: Console) -> None:
    """A line each, with the net, its interval, and the share of the reviews."""
    heading = {
        "category": term("category"),
        "aspect": term("aspect"),
        "product": term("product"),
        "brand": term("brand"),
        "source": term("source"),
        "language": term("language"),
    }[by]
    table = columns(
        heading,
        term("reviews", sense="column"),
        term("opinions"),
        term("net"),
        term("interval"),
        "%",
    )
    for row in rows:
        table.add_row(
            Text(shown(str(row.name))),
            f"{row.tally.reviews:,}",
            f"{row.tally.opinions:,}",
            "–" if row.net is None else net_points(row.net.value),
            "–" if row.net is None else point_ends(row.net),
            "–" if row.share is None else percent_ends(row.share),
        )
    screen.print(Fitted(table))


def show_trend(trend: Trend, screen: Console) -> None:
    """A line a period; one that is not complete bears a sign."""
    table = columns(
        term("period"),
        term("reviews", sense="column"),
        term("opinions"),
        term("net"),
        term("interval"),
    )
    for period in trend.periods:
        table.add_row(
            f"{period.start}{'' if period.complete else ' …'}",
            f"{period.tally.reviews:,}",
            f"{period.tally.opinions:,}",
            "–" if period.net is None else net_points(period.net.value),
            "–" if period.net is None else point_ends(period.net),
        )
    screen.print(Fitted(table))


def show_quotes(page: Page[StoredOpinion], screen: Console) -> None:
    """A line a quote, with how sure it is and the review that it stands in."""
    for quote in page.items:
        line = Text(f"{quote.opinion.confidence:.0%} ", "dim")
        line.append(f"{POLARITY_NAMES[quote.opinion.polarity]} ")
        line.append(shown(quote.opinion.evidence.of(quote.review.text)))
        line.append(f" ({printable(quote.review.id)})", "dim")
        screen.print(line, soft_wrap=True)
    if page.total > len(page.items):
        screen.print(Text(f"{say('more')} {page.total - len(page.items):,}", "dim"))


def show_status(status: StoreStatus, screen: Console) -> None:
    """A line a tenant, then what is missing."""
    state = say("a process writes it") if status.writing else say("no process writes it")
    screen.print(Text(f"{printable(str(status.folder))}: {state}"), soft_wrap=True)
    table = columns(
        term("tenant"),
        term("reviews", sense="column"),
        term("opinions"),
        term("generation"),
        term("parts"),
        "MB",
    )
    for name, tenant in status.tenants.items():
        table.add_row(
            name,
            f"{tenant.reviews:,}",
            f"{tenant.opinions:,}",
            f"{tenant.generation:,}",
            f"{tenant.parts:,}",
            f"{tenant.size / 2**20:,.1f}",
        )
    screen.print(Fitted(table))
    for name, tenant in status.tenants.items():
        for part in tenant.missing:
            screen.print(Text(f"{name}: {say('missing')}: {part}", "yellow"))


def _net(net: IntervalEstimate | None) -> str:
    return "–" if net is None else f"{net_points(net.value)} ({point_ends(net)})"
