"""What people corrected is read back by the readers of labelled sets."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from guandian.data.corpora import load
from guandian.domain import Language, Mined, Opinion, Polarity, Quad, Review, Sentiment, Span
from guandian.store.records import CorrectionAction, NewCorrection, Records
from guandian.store.records.training_export import export_corrections

TEXT = "屏幕😀很清晰，但是电池不耐用，客服也差"
SCREEN = Opinion(Span(0, 2), Span(3, 6), Span(0, 6), "performance", Polarity.POSITIVE, 0.95, "")
BATTERY = Opinion(Span(9, 11), Span(11, 14), Span(7, 14), "price", Polarity.NEGATIVE, 0.4, "")
SERVICE = Quad(Span(15, 17), Span(18, 19), "service", Polarity.NEGATIVE)
MINED = Mined(
    "r_1", Language.CHINESE, Sentiment(Polarity.NEGATIVE, 0.8, 0.1, 0.1), (SCREEN, BATTERY), (), (),
    "guandian-small@1",
)  # fmt: skip
REVIEW = Review("r_1", TEXT)
ADD, FIX = CorrectionAction.ADD, CorrectionAction.FIX
ACCEPT, REJECT = CorrectionAction.ACCEPT, CorrectionAction.REJECT


def quad(opinion: Opinion) -> Quad:
    return Quad(opinion.aspect, opinion.expression, opinion.category, opinion.polarity)


def fields(quad: Quad) -> dict[str, object]:
    def span(span: Span | None) -> dict[str, int] | None:
        return None if span is None else {"start": span.start, "end": span.end}

    return {"aspect": span(quad.aspect), "expression": span(quad.expression),
            "category": quad.category, "polarity": quad.polarity.value}  # fmt: skip


def said(
    action: CorrectionAction, opinion: Opinion | None, to: Quad | None = None
) -> NewCorrection:
    before = {} if opinion is None else fields(quad(opinion))
    name = None if opinion is None else f"o_{opinion.aspect}"
    return NewCorrection(name, "r_1", action, {} if to is None else fields(to), before)


@pytest.fixture
def address() -> None:
    """The file alone: what is exported does not depend on it."""


MENDED = replace(quad(BATTERY), category="performance")


@pytest.mark.parametrize(
    ("corrections", "quads"),
    [
        ([said(ACCEPT, BATTERY)], [quad(SCREEN), quad(BATTERY)]),
        ([said(FIX, BATTERY, MENDED)], [quad(SCREEN), MENDED]),
        ([said(REJECT, BATTERY)], [quad(SCREEN)]),
        ([said(REJECT, BATTERY), said(REJECT, SCREEN)], []),
        ([said(ACCEPT, BATTERY), said(ADD, None, SERVICE)], [quad(SCREEN), quad(BATTERY), SERVICE]),
        ([said(FIX, BATTERY, SERVICE), said(FIX, BATTERY, MENDED)], [quad(SCREEN), MENDED]),
        ([said(REJECT, BATTERY), said(ACCEPT, BATTERY)], [quad(SCREEN), quad(BATTERY)]),
    ],
)
def test_corrections_become_labelled_reviews(
    records: Records,
    tmp_path: Path,
    corrections: list[NewCorrection],
    quads: list[Quad],
) -> None:
    for correction in corrections:
        records.corrections.add("main", correction, "k_1")
    export = export_corrections(records.corrections.standing("main"), {"r_1": (REVIEW, MINED)}.get)
    assert not export.undecided and not export.gone
    file = tmp_path / "corrections.jsonl"
    file.write_bytes(export.lines())
    (record,) = load(str(file), Path(), on_error="stop")
    assert (record.id, record.text, record.sentiment) == ("r_1", TEXT, None)
    assert record.quads == tuple(quads)


def test_a_fix_keeps_what_it_does_not_name(records: Records) -> None:
    partial = replace(said(FIX, BATTERY), fields={"category": "performance"})
    fixed = records.corrections.add("main", partial, "k_1")
    (record,) = export_corrections([fixed], {"r_1": (REVIEW, MINED)}.get).records
    assert record.quads == (quad(SCREEN), MENDED)


def test_half_of_the_opinions_of_a_review_are_not_exported(records: Records) -> None:
    added = records.corrections.add("main", said(ADD, None, SERVICE), "k_1")
    read = {"r_1": (REVIEW, MINED)}.get
    export = export_corrections([added], read)
    assert (export.records, export.undecided, export.lines()) == ((), ("r_1",), b"")
    (record,) = export_corrections([added], read, trusted=0.4).records
    assert record.quads == (quad(SCREEN), quad(BATTERY), SERVICE)
    unfitted = {"r_1": (REVIEW, replace(MINED, fitted=False))}.get
    assert export_corrections([added], unfitted, trusted=0.4).undecided == ("r_1",)
    assert export_corrections([added], unfitted, trusted=0).records == (record,)


def test_what_a_newer_model_finds_anew_is_known_by_what_it_is(records: Records) -> None:
    fixed = records.corrections.add("main", said(FIX, BATTERY, MENDED), "k_1")
    for newer in ((SCREEN,), (SCREEN, BATTERY), (replace(BATTERY, category="performance"), SCREEN)):
        read = {"r_1": (REVIEW, replace(MINED, opinions=newer, model="guandian-small@2"))}.get
        (record,) = export_corrections([fixed], read).records
        assert record.quads is not None and set(record.quads) == {quad(SCREEN), MENDED}


def test_a_review_that_is_gone_or_was_shortened_is_left_out(records: Records) -> None:
    fixed = records.corrections.add("main", said(FIX, BATTERY, MENDED), "k_1")
    assert export_corrections([fixed], lambda _: None).gone == ("r_1",)
    shorter = (Review("r_1", TEXT[:13]), MINED)
    assert export_corrections([fixed], lambda _: shorter).gone == ("r_1",)
