"""Methods against forgetting as one self-contained page: no script, no network, any width."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from markupsafe import Markup

from guandian.display.html import render_html
from guandian.evaluation.domains.forgetting import ContinualComparison, MethodSummary
from guandian.report.evaluation.terms import measure_name
from guandian.wording import Name, term

_TEMPLATES = Path(__file__).parent
METHOD_TITLES: dict[str, Name] = {
    "sequential": term("plain fine-tuning, one domain after another: the control"),
    "joint": term("all domains at once: the upper bound"),
    "replay": term("a few old rows are learned again"),
    "lwf": term("the model of before is imitated on the new texts"),
    "ewc": term("weights that earlier domains needed are held"),
    "averaging": term("the running mean of the weights"),
    "arithmetic": term("the changes of all domains, added up"),
    "adapters": term("an adapter for each domain, and a router that reads which one answers"),
}
WHAT_THEY_ARE = (
    term(
        "average: the mean over the domains after the last one. Forgotten: the loss of earlier "
        "domains since each was known best. Backward transfer: their change since each was learned."
    ),
    term(
        "Intervals are Student's 95 % over the seeds, which draw what is learned, its order and "
        "the dropout; the scored reviews are the same. The domain of a text is never told."
    ),
)


def continual_page(comparison: ContinualComparison, svg: bytes) -> str:
    """The whole page as text.

    Args:
        comparison: what it shows.
        svg: the picture of it, as `draw_comparison` gives it.
    """
    drawn = svg.decode("utf-8")
    view = {
        "it": comparison,
        "measures": [
            (name, measure_name(comparison.measures[name])) for name in comparison.domains
        ],
        "methods": [_method(comparison, row) for row in comparison.methods],
        "remarks": WHAT_THEY_ARE,
        "svg": Markup(drawn[drawn.index("<svg") :]),  # noqa: S704  our own drawing, its texts paths
    }
    return render_html("continual.html.j2", view, [_TEMPLATES])


def _method(comparison: ContinualComparison, row: MethodSummary) -> dict[str, Any]:
    count = len(comparison.domains)
    stages = [[row.cell(stage, domain) for domain in range(count)] for stage in range(count)]
    routed = [run.routed for run in row.runs if run.routed is not None]
    return {
        "row": row,
        "title": METHOD_TITLES[row.method],
        "remembered": row.runs[0].remembered,
        "routed": sum(routed) / len(routed) if routed else None,
        "stages": [
            (comparison.domains[stage], stage, cells)
            for stage, cells in enumerate(stages)
            if None not in cells
        ],
    }
