"""Explains what a miner says of a review, from readings of the text with words hidden alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from guandian.domain import Mined, Polarity, Review, Span
from guandian.errors import GuandianError
from guandian.explain.attribution import (
    MOST_EXACT,
    all_coalitions,
    estimated_shapley,
    exact_shapley,
    first_coalitions,
    further_coalitions,
    occlusion,
    single_losses,
)
from guandian.explain.explanation import OpinionEffects, ReviewExplanation, TurningEdit, UnitEffects
from guandian.explain.masked_readings import Beliefs, MaskedReadings
from guandian.explain.units import Units, cut_units
from guandian.mining.miner import Miner
from guandian.tasks.confidence_features import FEATURES
from guandian.tasks.decode import Candidate
from guandian.tasks.head_spec import POLARITIES
from guandian.tasks.inference import Findings, infer
from guandian.tasks.opinions import Source
from guandian.tasks.sentiment import overall_sentiment
from guandian.tasks.token_effects import TokenEffects, TokenExplainer
from guandian.text.segmentation import JiebaSegmenter
from guandian.text.windows import Window

Method = Literal["shapley", "occlusion", "exact", "gradients"]
PASSES = 20
"""Readings of a text at most, its mining and its edits among them."""
LEAST_PASSES = 6
MOST_PASSES = 2000
_POLARITY = FEATURES.index("polarity")
_EDITS = 1
"""Readings that are kept for edited texts."""
_UNITS = 0.65
"""Of the readings, the share that units may take: each is read alone, the rest go further."""
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Explainer:
    """Explains reviews by a miner's model, which it only asks: any bundle or ensemble will do.

    Attributes:
        miner: whose answers are explained.
        method: `shapley` estimates Shapley values, `occlusion` takes one unit away at a time,
            `exact` reads every coalition of units, `gradients` sums what tokens add on their way
            out of hiding.
        passes: readings of a text at most; `exact` takes 2 to the number of units instead, and
            `gradients` as many as its sums need.
        gradients: of the model's network, for the method of that name.
    """

    miner: Miner
    method: Method = "shapley"
    passes: int = PASSES
    gradients: TokenExplainer | None = None

    def __post_init__(self) -> None:
        if not LEAST_PASSES <= self.passes <= MOST_PASSES:
            raise GuandianError(
                f"an explanation in {self.passes} readings",
                f"give {LEAST_PASSES} to {MOST_PASSES}; the default is {PASSES}",
            )

    @cached_property
    def _segmenter(self) -> JiebaSegmenter:
        return JiebaSegmenter()

    def explain(self, review: Review) -> ReviewExplanation:
        """Explain the sentiment and the opinions of one review.

        A review that the model is not asked about (empty, boilerplate) has no units and no effects.

        Raises:
            GuandianError: `exact`, and the text has more units than can all be read; `gradients`,
                and it has more tokens than are read at once.
        """
        prepared = self.miner.prepare(review)
        if prepared.encoded is None or not len(prepared.encoded):
            (mined,) = self.miner.mine_prepared([prepared])
            return ReviewExplanation(
                review, mined, (), UnitEffects(0.0, 0.0, ()), None, (), self.method, 0
            )
        source = prepared.source
        reader = self.miner.reader
        (findings,) = infer(reader, [source.cleaned], [prepared.encoded])
        chosen = self.miner.chosen(review, source, findings)
        mined = self.miner.told(review, source, findings)
        units = self._units(source, findings, chosen)
        raw = tuple(source.alignment.to_raw(span) for span in units.spans)
        if self.gradients is not None:
            return self._by_gradients(review, mined, units, raw, findings, chosen)
        readings = MaskedReadings(
            reader,
            source.cleaned,
            prepared.encoded,
            [candidate for candidate, _ in chosen],
            self.miner.labels.confidence,
        )
        coalitions, beliefs = self._read(readings, units, findings, chosen)
        sentiment = self._effects(coalitions, _lean(beliefs.sentiment)[:, None])[0]
        opinions = tuple(
            self._opinion(k, mined, coalitions, beliefs, candidate)
            for k, (candidate, _) in enumerate(chosen)
        )
        explained = ReviewExplanation(
            review, mined, raw, sentiment, None, opinions, self.method, readings.passes + 1
        )
        return self._with_edit(explained, coalitions, beliefs.sentiment)

    def _by_gradients(
        self,
        review: Review,
        mined: Mined,
        units: Units,
        raw: tuple[Span, ...],
        findings: Findings,
        chosen: Sequence[tuple[Candidate, float]],
    ) -> ReviewExplanation:
        reader, tokens = self.miner.reader, len(findings.encoded)
        if tokens > reader.max_tokens - 2:
            raise GuandianError(
                f"gradients of a text of {tokens:,} tokens, and {reader.max_tokens - 2} are read at"
                " once",
                "give a shorter text, or choose the method shapley",
            )
        assert self.gradients is not None
        ids = reader.ids(findings.encoded, Window(0, tokens, 0, tokens))
        effects = self.gradients(ids, [candidate for candidate, _ in chosen])
        sentiment, *rest = _by_unit(effects, units)
        opinions = tuple(
            OpinionEffects(opinion, rest[2 * k], rest[2 * k + 1], None)
            for k, opinion in enumerate(mined.opinions)
        )
        explained = ReviewExplanation(
            review,
            mined,
            raw,
            sentiment,
            None,
            opinions,
            self.method,
            effects.passes + 1,
            effects.gap,
        )
        return self._with_edit(explained, np.ones((1, len(units)), bool), findings.sentiment[None])

    def _units(
        self, source: Source, findings: Findings, chosen: Sequence[tuple[Candidate, float]]
    ) -> Units:
        assert len(findings.encoded)
        expressions = [findings.span(candidate.expression) for candidate, _ in chosen]
        wanted = [span for span in expressions if span is not None]
        every = len(source.cleaned)
        most = {"exact": every, "gradients": every, "occlusion": self.passes - _EDITS - 2}.get(
            self.method, max(2, int(self.passes * _UNITS))
        )
        return cut_units(source.cleaned, findings.encoded, self._segmenter, most, wanted)

    def _read(
        self,
        readings: MaskedReadings,
        units: Units,
        findings: Findings,
        chosen: Sequence[tuple[Candidate, float]],
    ) -> tuple[NDArray[np.bool_], Beliefs]:
        """Coalitions [R, units] and the beliefs in them."""
        number = len(units)
        if self.method == "exact":
            if number > MOST_EXACT:
                raise GuandianError(
                    f"exact Shapley values of {number} units take 2^{number} readings",
                    f"give a text of {MOST_EXACT} words at most, or choose the method shapley",
                )
            coalitions = all_coalitions(number)
        elif self.method == "occlusion":
            coalitions = single_losses(number)
        else:
            coalitions = first_coalitions(number)
        whole = np.asarray(coalitions.all(1))
        beliefs = _joined(
            whole, readings.beliefs(units.tokens(coalitions[~whole])), findings, chosen
        )
        if self.method != "shapley":
            return coalitions, beliefs
        left = self.passes - 1 - _EDITS - readings.passes
        further = further_coalitions(coalitions, _all_values(beliefs), left)
        if not len(further):
            return coalitions, beliefs
        more = readings.beliefs(units.tokens(further))
        return np.vstack([coalitions, further]), Beliefs(
            np.concatenate([beliefs.sentiment, more.sentiment]),
            np.concatenate([beliefs.polarity, more.polarity]),
            np.concatenate([beliefs.confidence, more.confidence]),
        )

    def _effects(self, coalitions: NDArray[np.bool_], values: Floats) -> list[UnitEffects]:
        """Of each column of values [R, T]."""
        if self.method == "exact":
            added = exact_shapley(values)
        elif self.method == "occlusion":
            added = occlusion(coalitions, values)
        else:
            added = estimated_shapley(coalitions, values)
        whole, none = coalitions.all(1).argmax(), (~coalitions.any(1)).argmax()
        return [
            UnitEffects(float(value), float(base), tuple(column.tolist()))
            for value, base, column in zip(values[whole], values[none], added.T, strict=True)
        ]

    def _opinion(
        self,
        k: int,
        mined: Mined,
        coalitions: NDArray[np.bool_],
        beliefs: Beliefs,
        candidate: Candidate,
    ) -> OpinionEffects:
        values = np.column_stack(
            [beliefs.polarity[:, k, candidate.polarity], beliefs.confidence[:, k]]
        )
        polarity, confidence = self._effects(coalitions, values)
        labels = beliefs.polarity[:, k].argmax(1)
        edit = _fewest(coalitions, labels, candidate.polarity, beliefs.polarity[:, k])
        return OpinionEffects(mined.opinions[k], polarity, confidence, edit)

    def _with_edit(
        self, explained: ReviewExplanation, coalitions: NDArray[np.bool_], sentiment: Floats
    ) -> ReviewExplanation:
        """The explanation with the smallest edit of the text that was found to turn the review.

        What hiding suggests is tried on the text itself: the words are taken out, and it is mined.
        """
        label = explained.mined.sentiment.label
        band, passes = self.miner.labels.band, explained.passes
        edit: TurningEdit | None = None
        for units in _suggested(explained, coalitions, sentiment, band):
            text = _without(explained, units)
            if not text.strip() or (edit and len(units) >= len(edit.units)):
                continue
            (mined,) = self.miner.mine([replace(explained.review, text=text, parts={})])
            passes += 1
            if mined.sentiment.label != label:
                edit = TurningEdit(units, mined.sentiment.label, text)
        return replace(explained, edit=edit, passes=passes)


def _by_unit(effects: TokenEffects, units: Units) -> list[UnitEffects]:
    """The effects of units, each the sum of those of its tokens, for each value."""
    added = np.zeros((len(units), len(effects.values)))
    np.add.at(added, units.of_token, effects.by_token)
    return [
        UnitEffects(float(value), float(base), tuple(column.tolist()))
        for value, base, column in zip(effects.values, effects.bases, added.T, strict=True)
    ]


def _joined(
    whole: NDArray[np.bool_],
    read: Beliefs,
    findings: Findings,
    chosen: Sequence[tuple[Candidate, float]],
) -> Beliefs:
    """The beliefs of all readings: those of the whole text were there when it was mined."""
    sentiment = np.empty((len(whole), 3))
    polarity = np.empty((len(whole), len(chosen), 3))
    confidence = np.empty((len(whole), len(chosen)))
    sentiment[~whole], polarity[~whole] = read.sentiment, read.polarity
    confidence[~whole] = read.confidence
    sentiment[whole] = findings.sentiment
    for k, (candidate, sure) in enumerate(chosen):
        own = np.exp(candidate.features[_POLARITY])
        polarity[whole, k] = (1 - own) / 2
        polarity[whole, k, candidate.polarity] = own
        confidence[whole, k] = sure
    return Beliefs(sentiment, polarity, confidence)


def _all_values(beliefs: Beliefs) -> Floats:
    """Every probability [R, T] that is explained."""
    rows = len(beliefs.sentiment)
    return np.hstack([beliefs.sentiment, beliefs.polarity.reshape(rows, -1), beliefs.confidence])


def _suggested(
    explained: ReviewExplanation, coalitions: NDArray[np.bool_], sentiment: Floats, band: float
) -> list[tuple[int, ...]]:
    """At most `_EDITS` sets of units whose loss should turn the review, the smallest first."""
    label = explained.mined.sentiment.label
    effects = np.array(explained.sentiment.by_unit)
    side = -1.0 if label is Polarity.NEGATIVE else 1.0
    if label is Polarity.NEUTRAL:  # it turns to the side that has less against it
        side = 1.0 if explained.sentiment.value < 0 else -1.0
    order = np.argsort(-side * effects, kind="stable")
    labels = [overall_sentiment(row, band).label for row in sentiment]
    lost = (~coalitions).sum(1)
    turned = [
        tuple(np.flatnonzero(~coalitions[row]).tolist())
        for row in np.argsort(lost, kind="stable")
        if labels[row] != label and 0 < lost[row] < coalitions.shape[1]
    ]
    fewest = turned[:1]
    helpful = int((side * effects > 0).sum())
    prefixes = [tuple(sorted(order[:count].tolist())) for count in range(1, helpful + 1)]
    left = side * explained.sentiment.value - np.cumsum(side * effects[order])
    crossing = int(np.argmax(left < 0)) if (left < 0).any() else max(helpful - 1, 0)
    wanted = [prefixes[at] for at in (crossing, 0, crossing + 1) if 0 <= at < len(prefixes)]
    suggested = list(dict.fromkeys([*fewest, *wanted]))[:_EDITS]
    return sorted(suggested, key=len)


def _without(explained: ReviewExplanation, units: Sequence[int]) -> str:
    """The raw text without the words of some units."""
    text, reached = "", 0
    for unit in units:
        span = explained.units[unit]
        text += explained.review.text[reached : span.start]
        reached = span.end
    return text + explained.review.text[reached:]


def _fewest(
    coalitions: NDArray[np.bool_], labels: NDArray[np.int64], own: int, beliefs: Floats
) -> TurningEdit | None:
    """The fewest hidden units with which a place has another polarity; the surest of those.

    More than half of a text is no edit of it.
    """
    lost = (~coalitions).sum(1)
    turned = np.flatnonzero((labels != own) & (lost > 0) & (2 * lost <= coalitions.shape[1]))
    if not len(turned):
        return None
    row = min(turned, key=lambda at: (lost[at], -beliefs[at, labels[at]]))
    return TurningEdit(
        tuple(np.flatnonzero(~coalitions[row]).tolist()), POLARITIES[int(labels[row])]
    )


def _lean(sentiment: Floats) -> Floats:
    """P(positive) - P(negative) [R]."""
    return np.asarray(sentiment[:, 2] - sentiment[:, 0])
