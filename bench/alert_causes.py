"""Whether the planted cause of a surge is named first, by ours, RiskLoc and Adtributor."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np
from cause_rivals import Floats, Found, Leaves, adtributor, riskloc
from simulated_surges import PAIRS, SINGLE, VOLUME, Surge, simulated_surge

from guandian.evaluation.surges import SurgeTable, explain_surge
from guandian.evaluation.surges.expected_complaints import expected_complaints


def leaves_of(table: SurgeTable, forecast: Floats) -> Leaves:
    """The cells of a table as rivals take them."""
    values = [(aspect, *stratum) for aspect in table.aspects for stratum in table.strata]
    return Leaves(table.dimensions, values, table.complaints[1].ravel(), forecast.ravel())


def as_before(table: SurgeTable) -> Floats:
    """As many complaints of each cell as before, times the season."""
    earlier, later = table.complaints
    return np.asarray(earlier * later.sum() / max(float(earlier.sum()), 1.0))


def named(surge: Surge) -> dict[str, Found]:
    """What each method names first."""
    table = surge.table
    causes = explain_surge(table, most=1)
    ours: Found = causes[0].fixed if causes and causes[0].kind == surge.kind else ()
    told: dict[str, Found] = {"ours": ours}
    rivals: dict[str, Callable[[Leaves], Found]] = {"riskloc": riskloc, "adtributor": adtributor}
    for forecast_name, forecast in (
        ("as before", as_before(table)),
        ("our forecast", expected_complaints(table)),
    ):
        leaves = leaves_of(table, forecast)
        told |= {f"{name}, {forecast_name}": rival(leaves) for name, rival in rivals.items()}
    return told


def planted_causes(cases: int, seed: int) -> dict[str, Any]:
    """How often the planted slice is named first, exactly, by level.

    Args:
        cases: of each level.
        seed: of everything; those below 20 were used to choose constants.
    """
    table: dict[str, Any] = {}
    whole: dict[str, list[bool]] = defaultdict(list)
    parts = (("single", SINGLE, "rate"), ("two-way", PAIRS, "rate"), ("volume", VOLUME, "volume"))
    for part, levels, kind in parts:
        for place, level in enumerate(levels):
            rights: dict[str, list[bool]] = defaultdict(list)
            for number in range(cases):
                at = 1_000_000 * seed + 10_000 * (20 * len(table) + place) + number
                surge = simulated_surge(at, level, kind)
                for name, its in named(surge).items():
                    rights[name].append(its == surge.plant)
            for name, row in rights.items():
                whole[f"{name}: {part}"] += row
            table[f"{kind} of {level}"] = {
                name: f"{sum(r)} of {len(r)}" for name, r in rights.items()
            }
    table["pooled"] = {name: float(np.mean(row)) for name, row in whole.items()}
    rates = [row for name, row in whole.items() if name in ("ours: single", "ours: two-way")]
    pooled = np.concatenate(rates)
    table["ours, rates"] = {
        "cases": len(pooled),
        "first": float(pooled.mean()),
        "standard_error": float(pooled.std() / np.sqrt(len(pooled))),
    }
    return table
