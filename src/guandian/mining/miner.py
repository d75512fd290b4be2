"""The miner: raw reviews in, everything found in them out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from guandian.domain import Language, Mined, Polarity, Review
from guandian.domain.records import UNKNOWN_SENTIMENT
from guandian.evaluation.net_sentiment import PolarityRates
from guandian.mining.boilerplate import SET_ASIDE, Boilerplate, boilerplate
from guandian.mining.caution.familiarity import Familiarity
from guandian.tasks import named_entities
from guandian.tasks.decode import Candidate, choose
from guandian.tasks.inference import VECTORS, Findings, Reader, infer
from guandian.tasks.opinions import Labels, Source, declared, opinions
from guandian.tasks.sentiment import overall_sentiment
from guandian.text.cleaning import NOTHING_TO_READ, clean, says_nothing
from guandian.text.language import language
from guandian.text.mojibake import is_mojibake
from guandian.text.pieces import Encoded

OTHER_LANGUAGE = "language: neither Chinese nor English; mined all the same"
MOJIBAKE = "text: was read in a wrong encoding; mined as repaired, save the file anew as UTF-8"
NO_JUDGEMENT = "text: no judgement of a product found; called neutral"
WINDOWED = "text: longer than one window; read in several windows"


def by_custom(model: str, custom: str) -> str:
    """Name a model that answers by another custom of annotation than its first one."""
    return f"{model}/{custom}" if custom else model


@dataclass(frozen=True, slots=True)
class PreparedReview:
    """A review that is ready to be read.

    Attributes:
        review: as it came.
        source: what somebody wrote in it.
        why: the model is not asked; empty where it is.
        encoded: its tokens; None where the model is not asked.
    """

    review: Review
    source: Source
    why: str
    encoded: Encoded | None

    @property
    def tokens(self) -> int:
        """How many the model reads."""
        return 0 if self.encoded is None else len(self.encoded) + 2


class Miner:
    """A model with all that turns reviews into opinions.

    A review's answer does not depend on the others, on their order or on the threads.

    Args:
        reader: the model and its tokens.
        labels: label spaces, confidence and names.
        model: `name@version`, written into every answer.
        key: digest of the model's files; two miners of one key and filler give the same answers.
        filler: reviews that are set aside, whatever a model would find in them.
        rates: what it finds and misses of each polarity; None where nobody measured that.
        familiar: what it learned from; None where its reader gives no vectors.
    """

    def __init__(
        self,
        reader: Reader,
        labels: Labels,
        model: str,
        key: str,
        filler: Boilerplate | None = None,
        rates: PolarityRates | None = None,
        familiar: Familiarity | None = None,
    ) -> None:
        self.reader = reader
        self.labels = labels
        self.model = model
        self.key = key
        self.filler = filler or boilerplate()
        self.rates = rates
        self.familiar = familiar
        self._own: Miner | None = None

    def at(self, threshold: float) -> Miner:
        """The same miner, which tells opinions of at least that confidence.

        Args:
            threshold: 0 to 1; below its own it tells what it thinks possible.
        """
        confidence = replace(self.labels.confidence, threshold=threshold)
        labels = replace(self.labels, confidence=confidence)
        key = f"{self.key} {threshold}"
        return Miner(self.reader, labels, self.model, key, self.filler, familiar=self.familiar)

    def by(self, custom: str) -> Miner:
        """The same miner by another custom of annotation; itself where it does not know that one.

        Args:
            custom: its name in the model, empty for the one that the model answers by.
        """
        names = [entry.name for entry in self.labels.spec.customs[1:]]
        if custom == self.reader.custom or custom not in ("", *names):
            return self
        own = self._own or self
        if not custom:
            return own
        confidence = own.labels.customs.get(custom, own.labels.confidence)
        fitted = own.labels.fitted or custom in own.labels.customs
        miner = Miner(
            replace(own.reader, custom=custom),
            replace(own.labels, confidence=confidence, fitted=fitted),
            by_custom(own.model, custom),
            f"{own.key} {custom}",
            own.filler,  # what it misses was measured by the first custom alone
            familiar=own.familiar,
        )
        miner._own = own
        return miner

    def mine(self, reviews: Sequence[Review]) -> list[Mined]:
        """Mine each review, in their order; all are held in memory."""
        return self.mine_prepared([self.prepare(review) for review in reviews])

    def prepare(self, review: Review) -> PreparedReview:
        """Do all that comes before the model reads a review."""
        source, why = self._written(review)
        return PreparedReview(
            review, source, why, None if why else self.reader.pieces.encode(source.cleaned)
        )

    def mine_prepared(self, prepared: Sequence[PreparedReview]) -> list[Mined]:
        """Mine reviews that this miner or one of the same model prepared, in their order."""
        return mined_together(self.reader, [(self, entry) for entry in prepared])

    def unread(self, prepared: PreparedReview) -> Mined:
        """The answer to a review that the model is not asked about."""
        main_language = prepared.review.language or language(prepared.source.cleaned)
        return Mined(
            prepared.review.id,
            main_language,
            UNKNOWN_SENTIMENT,
            (),
            (),
            (prepared.why,),
            self.model,
        )

    def chosen(
        self, review: Review, source: Source, findings: Findings
    ) -> list[tuple[Candidate, float]]:
        """The candidates that are told as opinions, each with its confidence, in their order."""
        return choose(_in_one_part(review, source, findings), self.labels.confidence)

    def predict(self, texts: Sequence[str]) -> list[Mined]:
        """Mine bare texts: a miner is a system that `evaluation` can score."""
        return self.mine([Review(str(index), text) for index, text in enumerate(texts)])

    def _written(self, review: Review) -> tuple[Source, str]:
        """Find what somebody wrote, and why the model, which would guess anyhow, is not asked."""
        source = Source(review.text, *clean(review.text, self.reader.cleaners))
        if says_nothing(source.cleaned):
            return source, NOTHING_TO_READ
        if self.filler.holds(source.cleaned):
            return source, SET_ASIDE
        written = self.filler.without(source, review.parts.values())
        return written, SET_ASIDE if says_nothing(written.cleaned) else ""

    def told(self, review: Review, source: Source, findings: Findings) -> Mined:
        """The answer to a review from what the model found in it."""
        main_language = review.language or language(source.cleaned)
        warnings = []
        if main_language is Language.OTHER:
            warnings.append(OTHER_LANGUAGE)
        if len(findings.encoded.ids) > self.reader.max_tokens - 2:
            warnings.append(WINDOWED)
        if is_mojibake(review.text):
            warnings.append(MOJIBAKE)
        chosen = self.chosen(review, source, findings)
        whole = overall_sentiment(findings.sentiment, self.labels.band)
        if not chosen and self.reader.spans and whole.label is Polarity.NEUTRAL:
            warnings.append(NO_JUDGEMENT)
        return Mined(
            review_id=review.id,
            language=main_language,
            sentiment=whole,
            opinions=opinions(findings, source, self.labels, chosen),
            entities=named_entities.over_raw(findings, source.alignment),
            warnings=tuple(warnings),
            model=self.model,
            labels=declared(findings, self.labels.spec),
            fitted=self.labels.fitted,
            likeness=self._likeness(findings),
            withdrawn=named_entities.withdrawn(findings, source.alignment),
        )

    def _likeness(self, findings: Findings) -> float | None:
        vector = findings.arrays.get(VECTORS)
        if self.familiar is None or vector is None:
            return None
        tokens = np.array([len(findings.encoded)])
        return float(self.familiar.likeness(vector[None], tokens)[0])


def mined_together(reader: Reader, pairs: Sequence[tuple[Miner, PreparedReview]]) -> list[Mined]:
    """Mine reviews of several miners in the same passes of one model, in their order.

    Args:
        reader: of the model; what it brings beside the model is not asked.
        pairs: each review with the miner that answers it by its own adapter, labels and name.
            The `passes` of their readers are the same but for `forward`, which may be wrapped.
    """
    read = [(miner, entry) for miner, entry in pairs if entry.encoded is not None]
    findings = iter(
        infer(
            reader,
            [entry.source.cleaned for _, entry in read],
            [entry.encoded for _, entry in read if entry.encoded is not None],
            [miner.reader.adapter for miner, _ in read],
        )
    )
    return [
        miner.unread(entry)
        if entry.encoded is None
        else miner.told(entry.review, entry.source, next(findings))
        for miner, entry in pairs
    ]


def _in_one_part(review: Review, source: Source, findings: Findings) -> Sequence[Candidate]:
    """The candidates whose words stand in one part of a review of several columns."""
    borders = [part.start for part in review.parts.values()]
    if not borders:
        return findings.candidates
    candidates = []
    for candidate in findings.candidates:
        spans = [findings.span(at) for at in (candidate.aspect, candidate.expression)]
        raw = [source.alignment.to_raw(span) for span in spans if span is not None]
        first = min((span.start for span in raw), default=0)
        last = max((span.end for span in raw), default=0)
        if not any(first < border < last for border in borders):
            candidates.append(candidate)
    return candidates
