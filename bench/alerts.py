"""How often alerts are false, and what they find: `make bench-alerts`.

All parts are seeded: `budget` (28 scenarios without outbreaks: realised over nominal false
alarms), `outbreaks` (detection and delay at equal realised rates), `years` (many series judged
together), `quiet` (a year without any change), `watch` and `calm` (the same two through the watcher
itself), `causes` (whether the planted cause of a surge is named first). A short run takes some
five minutes on one core; what docs/experiments.md tells was run with the sizes that stand there.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parent))

from alert_causes import planted_causes
from alert_scenarios import (
    SIZES,
    TESTED,
    WEEKS,
    Scenario,
    scenarios,
    with_outbreak,
    with_past_outbreaks,
)
from alert_watching import quiet_watch, watched_years
from alert_years import DAYS, alerts, daily_benjamini_hochberg, judged, year

from guandian.monitor.detectors import CountPanel, Ears, Farrington, Predictive

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

LEVEL = 0.005
SINCE = WEEKS - TESTED
CHANGES = (0.0002, 0.001, 0.01)
METHODS = ("lord", "saffron", "addis")


def panel_of(counts: Floats, dice: np.random.Generator) -> CountPanel:
    """Series with draws of their own."""
    return CountPanel(counts, keys=dice.integers(2**63, size=len(counts)).astype(np.uint64))


@dataclass
class Rate:
    """False alarms of a scenario: by series, for they hang together."""

    weeks: int = 0
    by_series: list[int] = field(default_factory=list)

    def add(self, fired: Flags) -> None:
        """Counts alarms `[series, weeks]`."""
        self.weeks += fired.size
        self.by_series += fired.sum(1).tolist()

    def over(self, level: float) -> float:
        """Realised over nominal."""
        return sum(self.by_series) / self.weeks / level

    def error(self, level: float) -> float:
        """Standard error of `over`."""
        counts = np.array(self.by_series, dtype=np.float64)
        return float(counts.std() * np.sqrt(len(counts))) / self.weeks / level


def budget(series: int, past: bool, rivals: bool, seed: int) -> dict[str, Any]:
    """Realised over nominal false alarms, by scenario and pooled."""
    rates: dict[str, dict[str, Rate]] = {}
    fair: dict[str, Floats] = {}
    for number, scenario in enumerate(scenarios()):
        dice = np.random.default_rng([seed, number, past])
        counts = scenario.drawn(series, dice)
        if past:
            counts = with_past_outbreaks(counts, scenario, dice)
        panel, observed = panel_of(counts, dice), counts[:, SINCE:]
        row = rates.setdefault(scenario.name, {})
        said = Predictive(level=LEVEL, bands=False).judge(panel, SINCE)
        fair[scenario.name] = said.fair
        for name, level in (("predictive", LEVEL), ("at 0.001", 0.001), ("at 0.05", 0.05)):
            row.setdefault(name, Rate()).add(said.fires(level))
        if rivals:
            alarms = Farrington(level=LEVEL).judge(panel, SINCE).alarms(observed)
            row.setdefault("farrington", Rate()).add(alarms)
            for method in ("C1", "C2", "C3"):
                ears = Ears(method, level=0.001).judge(panel, SINCE).alarms(observed)
                row.setdefault(f"ears {method}", Rate()).add(ears)
    levels = {"at 0.001": 0.001, "at 0.05": 0.05, "ears C1": 0.001, "ears C2": 0.001,
              "ears C3": 0.001}  # fmt: skip
    table: dict[str, Any] = {}
    for method in next(iter(rates.values())):
        level = levels.get(method, LEVEL)
        by_name = {scenario: row[method] for scenario, row in rates.items()}
        ratios = {scenario: rate.over(level) for scenario, rate in by_name.items()}
        error = np.sqrt(
            np.mean([rate.error(level) ** 2 for rate in by_name.values()]) / len(ratios)
        )
        table[method] = {
            "pooled": float(np.mean(list(ratios.values()))), "standard_error": float(error),
            "lowest": min(ratios.items(), key=lambda item: item[1]),
            "highest": max(ratios.items(), key=lambda item: item[1]),
            "by_scenario": ratios,
            "error_by_scenario": {name: rate.error(level) for name, rate in by_name.items()},
        }  # fmt: skip
    table["series_weeks"] = sum(row["predictive"].weeks for row in rates.values())
    if rivals:
        pooled = float(np.mean([row["farrington"].over(1.0) for row in rates.values()]))
        table["equal_level"] = float(np.quantile(np.stack(list(fair.values())), pooled))
        table["equal_levels"] = {
            name: float(np.quantile(p, rates[name]["farrington"].over(1.0)))
            for name, p in fair.items()
        }
    return table


def first_alarm(fired: Flags, cases: Flags) -> Floats:
    """Weeks from the start of the outbreak to its first alarm while it lasts; NaN if none."""
    weeks = np.arange(fired.shape[1])
    start = np.where(cases.any(1), cases.argmax(1), -1)
    end = fired.shape[1] - 1 - cases[:, ::-1].argmax(1)
    inside = (weeks >= start[:, None]) & (weeks <= end[:, None]) & cases.any(1)[:, None]
    hit = fired & inside
    return np.where(hit.any(1), hit.argmax(1) - start, np.nan)


def outbreaks(series: int, equal: dict[str, Any], past: bool, seed: int) -> dict[str, Any]:
    """Share of outbreaks with an alarm while they last, and the weeks until it."""
    delays: dict[tuple[str, int], list[Floats]] = {}
    for number, scenario in enumerate(scenarios()):
        for size in SIZES:
            dice = np.random.default_rng([seed, number, size, past])
            panel, cases = _struck(scenario, series, size, past, dice)
            farrington = Farrington(level=LEVEL).judge(panel, SINCE)
            said = Predictive(bands=False).judge(panel, SINCE)
            for name, fired in (
                ("farrington", farrington.alarms(panel.counts[:, SINCE:])),
                ("predictive", said.fires(equal["equal_level"])),
                ("predictive, equal by scenario", said.fires(equal["equal_levels"][scenario.name])),
                ("predictive at its own level", said.fires(LEVEL)),
            ):
                delays.setdefault((name, size), []).append(first_alarm(fired, cases[:, SINCE:]))
    table: dict[str, Any] = {}
    for (name, size), parts in delays.items():
        weeks = np.concatenate(parts)
        theirs = np.concatenate(delays[("farrington", size)])
        gain = np.isfinite(weeks).astype(float) - np.isfinite(theirs)
        table.setdefault(name, {})[size] = {
            "detected": float(np.isfinite(weeks).mean()),
            "standard_error": float(np.isfinite(weeks).std() / np.sqrt(len(weeks))),
            "more_than_farrington": float(gain.mean()),
            "its_standard_error": float(gain.std() / np.sqrt(len(gain))),
            "median_delay": float(np.nanmedian(weeks)), "mean_delay": float(np.nanmean(weeks)),
        }  # fmt: skip
    return table


def _struck(
    scenario: Scenario, series: int, size: int, past: bool, dice: np.random.Generator
) -> tuple[CountPanel, Flags]:
    """Series with an outbreak among the tested weeks."""
    counts = scenario.drawn(series, dice)
    if past:
        counts = with_past_outbreaks(counts, scenario, dice)
    sizes = np.full(series, float(size))
    counts, cases = with_outbreak(counts, scenario, sizes, (SINCE, WEEKS - 6), dice)
    return panel_of(counts, dice), cases


def years(repeats: int, series: int, renewed: int, seed: int) -> dict[str, Any]:
    """False discovery over a year pooled over repeats, and power against the oracle's."""
    table: dict[str, Any] = {}
    for changes in CHANGES:
        tally: dict[str, Floats] = {}
        for repeat in range(repeats):
            dice = np.random.default_rng([seed, repeat, round(1e5 * changes)])
            drawn = year(series, changes, dice)
            p, fair = judged(drawn, renewed)
            oracle = drawn.oracle()
            fired = {
                **{f"{m}, cautious p": alerts(p, 0.05, m) for m in METHODS},
                **{f"{m}, fair p": alerts(fair, 0.05, m) for m in METHODS},
                **{f"{m}, oracle": alerts(oracle, 0.05, m) for m in METHODS},
                "daily BH, cautious p": daily_benjamini_hochberg(p, 0.05),
                "daily BH, oracle": daily_benjamini_hochberg(oracle, 0.05),
            }
            for name, flags in fired.items():
                true = float((flags & drawn.changed).sum())
                row = [flags.sum() - true, true, drawn.changed.sum()]
                tally[name] = tally.get(name, np.zeros(3)) + np.array(row, dtype=np.float64)
        table[f"{changes:.2%}"] = {
            name: {"false": wrong / max(wrong + right, 1), "power": right / max(planted, 1),
                   "alerts": wrong + right}
            for name, (wrong, right, planted) in tally.items()
        }  # fmt: skip
        for method in METHODS:
            rows = table[f"{changes:.2%}"]
            best = rows[f"{method}, oracle"]["power"]
            for kind in ("cautious", "fair"):
                row = rows[f"{method}, {kind} p"]
                row["of_oracle"] = row["power"] / max(best, 1e-9)
    return table


def quiet_year(series: int, renewed: int, weekly: float, seed: int) -> dict[str, Any]:
    """A year without any change: alerts under each budget."""
    level = weekly / (7 * series)
    p_parts, fair_parts = [], []
    for number, start in enumerate(range(0, series, 500)):
        drawn = year(min(500, series - start), 0.0, np.random.default_rng([seed, 77, number]))
        p, fair = judged(drawn, renewed)
        p_parts.append(p)
        fair_parts.append(fair)
    p, fair = np.concatenate(p_parts), np.concatenate(fair_parts)
    wanted = weekly * DAYS / 7
    ratios = {
        f"{at:g}": {
            "fair": float((fair <= at).mean() / at),
            "cautious": float((p <= at).mean() / at),
        }
        for at in (0.05, 0.01, 0.005, 0.001, 1e-4, 1e-5)
    }
    return {
        "series": series, "tests": int(fair.size), "stated_in_a_year": wanted,
        "realised_fair": int((fair <= level).sum()), "realised_cautious": int((p <= level).sum()),
        "realised_over_nominal": ratios,
        "alerts_at_5_percent_wrong": {
            f"{m}, {kind} p": int(alerts(values, 0.05, m).sum())
            for m in METHODS for kind, values in (("cautious", p), ("fair", fair))
        },
    }  # fmt: skip


def main() -> None:
    """Runs the parts that are named and prints their figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", default="budget,outbreaks,years,quiet,watch,calm,causes")
    parser.add_argument("--series", type=int, default=37, help="a scenario; 37 are 50,764 weeks")
    parser.add_argument("--struck", type=int, default=5, help="a scenario and size of outbreak")
    parser.add_argument("--repeats", type=int, default=1, help="years of many series")
    parser.add_argument("--together", type=int, default=500, help="series judged together")
    parser.add_argument("--quiet", type=int, default=500, help="series in a year without change")
    parser.add_argument("--watched", type=int, default=40, help="series through the watcher")
    parser.add_argument("--full", action="store_true", help="10,000 series in `calm`")
    parser.add_argument("--renewed", type=int, default=28, help="days that are judged by a fit")
    parser.add_argument("--weekly", type=float, default=10, help="false alerts a week, stated")
    parser.add_argument("--causes", type=int, default=5, help="planted at each level")
    parser.add_argument("--past", action="store_true", help="baselines with four past outbreaks")
    parser.add_argument("--seed", type=int, default=20261130)
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    parts = options.parts.split(",")
    figures: dict[str, Any] = {"options": {k: str(v) for k, v in vars(options).items()}}
    start = time.perf_counter()
    if {"budget", "outbreaks"} & set(parts):
        figures["budget"] = budget(options.series, options.past, True, options.seed)
    if "outbreaks" in parts:
        figures["outbreaks"] = outbreaks(
            options.struck, figures["budget"], options.past, options.seed
        )
    if "years" in parts:
        figures["years"] = years(options.repeats, options.together, options.renewed, options.seed)
    if "quiet" in parts:
        figures["quiet"] = quiet_year(options.quiet, options.renewed, options.weekly, options.seed)
    if "watch" in parts:
        figures["watch"] = watched_years(
            CHANGES, options.repeats, options.watched, 0.05, options.seed
        )
    if "calm" in parts:
        quiet = 10_000 if options.full else options.watched
        figures["calm"] = quiet_watch(quiet, options.weekly, options.seed)
    if "causes" in parts:
        figures["causes"] = planted_causes(options.causes, options.seed)
    figures["seconds"] = time.perf_counter() - start
    words = json.dumps(figures, indent=1)
    if options.output:
        options.output.write_text(words + "\n", "utf-8")
    print(words)


if __name__ == "__main__":
    main()
