"""A switch of model: the step that it makes in every series, measured on reviews mined by both."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np

from guandian.monitor.alerts.alert_sentences import filled
from guandian.monitor.detectors import CountPanel
from guandian.monitor.series.mined_twice import SaidTwice, said_twice
from guandian.monitor.series.packed_series import CountedSeries
from guandian.monitor.series.series_key import SeriesKey
from guandian.store import StoreReader
from guandian.store.records.watching import AlertKind
from guandian.wording import Name, term

BLIND = 16
"""Buckets after a switch without a sample in which nothing fires: half of them are learnt from."""
BLIND_TOPICS = 26
"""The same for topics that the new model names and the old one did not."""
UNKNOWN = 1.5
"""How far the logarithm of a level may move, where nothing tells."""
_MOSTLY = 0.8
_LEAST_COMPLAINTS = 20
_SHRINK = 5.0
_DIFFERS = 0.15
"""How far steps of series differ from that of all together, about."""


@dataclass(frozen=True, slots=True)
class ModelStep:
    """What a switch does to one series.

    Attributes:
        complaints, volume: times as many as the model before would have told of.
        spread: how far the logarithm of that may be off.
        named_anew: whether the new model names it in texts in which the old one did not.
    """

    complaints: float = 1.0
    volume: float = 1.0
    spread: float = UNKNOWN
    named_anew: bool = True


@dataclass(frozen=True, slots=True)
class SwitchedModel:
    """A switch of model.

    Attributes:
        bucket: the first that the new model mined.
        day: its first day.
        before, after: the models.
        sample: reviews that both mined; 0 where there are too few complaints among them.
        steps: of each series.
        until: the last day on which nothing fires, where there is no sample.
    """

    bucket: int
    day: date
    before: str
    after: str
    sample: int = 0
    steps: Mapping[SeriesKey, ModelStep] = field(default_factory=dict)
    until: date | None = None

    def step(self, key: SeriesKey) -> ModelStep:
        """What it does to a series."""
        return self.steps.get(key, ModelStep())

    def blind(self, key: SeriesKey, kind: AlertKind) -> int:
        """For how many buckets a kind fires nothing of a series."""
        step = self.step(key)
        if self.sample and not step.named_anew:
            return 0
        return BLIND_TOPICS if kind is AlertKind.TOPIC else BLIND

    @property
    def words(self) -> Name:
        """What was done about it."""
        values = {"day": self.day.isoformat(), "before": self.before, "after": self.after}
        if not self.sample:
            until = "" if self.until is None else self.until.isoformat()
            words = term(
                "The model changed on {day} from {before} to {after}, and no sample tells what "
                "that does: baselines begin anew, and nothing fires until {until}."
            )
            return filled(words, values | {"until": until})
        words = term(
            "The model changed on {day} from {before} to {after}: what that does was measured on "
            "{sample} reviews mined by both, and taken out."
        )
        return filled(words, values | {"sample": f"{self.sample:,}"})


def in_terms(
    panel: CountPanel,
    keys: Sequence[SeriesKey],
    switches: Sequence[SwitchedModel],
    bucket: int,
    kind: AlertKind,
) -> CountPanel:
    """Counts before switches as the model that mined a bucket would have told them.

    What the sample leaves open stays so: a column of the fit that the counts after the switch
    decide. Shares without a sample are of the new model's buckets alone.
    """
    before = [switch for switch in switches if switch.bucket <= bucket]
    if not before:
        return panel
    counts = panel.counts.copy()
    volume = None if panel.volume is None else panel.volume.copy()
    for switch in before:
        steps = [switch.step(key) for key in keys]
        counts[:, : switch.bucket] *= np.array([[step.complaints] for step in steps])
        if volume is not None:
            volume[:, : switch.bucket] *= np.array([[step.volume] for step in steps])
    last = before[-1]
    if kind is AlertKind.SHARE:
        blank = [not last.sample or last.step(key).named_anew for key in keys]
        counts[np.flatnonzero(blank), : last.bucket] = np.nan
    return replace(
        panel,
        counts=counts,
        volume=volume,
        step=(np.arange(panel.buckets) >= last.bucket).astype(np.float64),
        step_spread=np.array([last.step(key).spread for key in keys]),
    )


def switches_of(reader: StoreReader, table: CountedSeries) -> list[SwitchedModel]:
    """The switches of model in the time of a table, with their steps."""
    number, switches = table.buckets.number, []
    if table.buckets.unit == "hour" or not number:
        return []
    for bucket, before, after in model_changes(reader.models_by_day(), table):
        steps, sample = measured_steps(said_twice(reader, before, after), table.keys)
        end = table.buckets.end(bucket + BLIND - 1)
        switches.append(
            SwitchedModel(
                bucket, table.buckets.start(bucket), before, after, sample, steps,
                None if sample else end,
            )
        )  # fmt: skip
    return switches


def model_changes(
    counts: Iterable[tuple[date, str, int]], table: CountedSeries
) -> list[tuple[int, str, str]]:
    """Where one model took the place of another: the bucket, the one before, the one after.

    A bucket is a model's where it mined most of it: two models side by side are no switch.
    """
    buckets = table.buckets
    by_bucket: dict[int, Counter[str]] = defaultdict(Counter)
    for day, model, reviews in counts:
        by_bucket[buckets.bucket_of(day)][model] += reviews
    changes = list[tuple[int, str, str]]()
    present: str | None = None
    mixed: int | None = None
    for bucket in range(buckets.number):
        counted = by_bucket.get(bucket)
        if not counted:
            continue
        model, reviews = counted.most_common(1)[0]
        if reviews < _MOSTLY * counted.total():
            mixed = bucket if mixed is None else mixed
            continue
        if present is not None and model != present:
            changes.append((bucket if mixed is None else mixed, present, model))
        present, mixed = model, None
    return changes


def measured_steps(
    said: Sequence[SaidTwice], keys: Sequence[SeriesKey]
) -> tuple[dict[SeriesKey, ModelStep], int]:
    """The steps of series by what both models said of the same reviews.

    Rare series take most of theirs from all together.

    Returns:
        Nothing and 0 where there are too few complaints to tell.
    """
    levels = {
        tuple(name for name, value in key.values.items() if value is not None) for key in keys
    }
    counts: dict[SeriesKey, Counter[str]] = defaultdict(Counter)
    total: Counter[str] = Counter()
    for review in said:
        for side, opinions in (("before", review.before), ("after", review.after)):
            total[f"{side} complaints"] += any(opinion[2] for opinion in opinions)
            total[f"{side} volume"] += bool(opinions)
            found = {
                (key, opinion[2]) for opinion in opinions for key in _keys(review, opinion, levels)
            }
            for key in {key for key, _ in found}:
                counts[key][f"{side} volume"] += 1
            for key in {key for key, complains in found if complains}:
                counts[key][f"{side} complaints"] += 1
    if min(total["before complaints"], total["after complaints"]) < _LEAST_COMPLAINTS:
        return {}, 0
    return {key: _step(counts[key], total) for key in keys}, len(said)


def _keys(
    review: SaidTwice, opinion: tuple[str, str | None, bool], levels: Iterable[tuple[str, ...]]
) -> Iterable[SeriesKey]:
    values = {
        "product": review.product,
        "source": review.source,
        "category": opinion[0],
        "aspect": opinion[1],
    }
    for level in levels:
        its = {name: values.get(name) for name in level}
        if all(value is not None for value in its.values()):
            yield SeriesKey(**its)


def _step(counted: Counter[str], total: Counter[str]) -> ModelStep:
    ratios = {}
    for kind in ("complaints", "volume"):
        overall = (total[f"after {kind}"] + 1) / (total[f"before {kind}"] + 1)
        before, after = counted[f"before {kind}"], counted[f"after {kind}"]
        ratios[kind] = (after + _SHRINK * overall) / (before + _SHRINK)
    before, after = counted["before complaints"], counted["after complaints"]
    spread = np.sqrt(1 / (before + _SHRINK) + 1 / (after + _SHRINK) + _DIFFERS**2)
    return ModelStep(
        ratios["complaints"], ratios["volume"], float(spread), bool(after and not before)
    )
