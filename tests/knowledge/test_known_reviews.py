"""What a catalogue and a lexicon say beside a model: links, proposals, notes; nothing changes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from guandian.domain import Entity, Language, Mined, Opinion, Polarity, Review, Sentiment, Span
from guandian.errors import GuandianError
from guandian.files.output.json_record import from_wire, to_wire
from guandian.knowledge.checks.polarity_lexicon import PolarityLexicon, read_lexicon
from guandian.knowledge.known_reviews import KnownThings, with_earlier
from guandian.mining.batching import Answers, LazyMiner
from guandian.mining.knowing_miner import knowing

from .catalogues import MATE, MI14, MI15, linker

TEXT = "屏幕很清晰，比小米14强，电池不耐用"
SENTIMENT = Sentiment(Polarity.POSITIVE, 0.1, 0.1, 0.8)


def opinion(aspect: tuple[int, int], words: tuple[int, int], evidence: tuple[int, int],
            polarity: Polarity = Polarity.POSITIVE) -> Opinion:  # fmt: skip
    return Opinion(Span(*aspect), Span(*words), Span(*evidence), "display", polarity, 0.95, "标签")


def mined(review: Review, *entities: Entity) -> Mined:
    opinions = (
        opinion((0, 2), (2, 5), (0, 5)),
        opinion((0, 2), (11, 12), (6, 12)),
        opinion((13, 15), (15, 18), (13, 18), Polarity.NEGATIVE),
    )
    return Mined(review.id, Language.CHINESE, SENTIMENT, opinions, entities, (), "m@1")


def test_links_proposals_and_notes(tmp_path: Path) -> None:
    lexicon = PolarityLexicon(
        {("很清晰", ""): Polarity.NEGATIVE, ("不耐用", "电池"): Polarity.NEGATIVE}
    )
    things = KnownThings(linker(tmp_path), lexicon)
    review = Review("1", TEXT, product="华为 Mate60 Pro", brand="HUAWEI 华为")
    knowledge = things.of(review, mined(review))
    links = {(link.source, link.words): link for link in knowledge.links}
    assert links["product", "华为 Mate60 Pro"].id == MATE
    assert links["proposal", "小米14"].id == MI14
    screen = links["aspect", "屏幕"]
    assert (screen.by, screen.id.endswith("pro 屏幕")) == ("product", True)
    (proposed,) = knowledge.proposed
    assert (proposed.span.of(TEXT), proposed.type, proposed.confidence) == ("小米14", "model", 0.0)
    assert [(note.check, note.opinion) for note in knowledge.notes] == [
        ("other brand", 1),
        ("other polarity", 0),
    ]


def test_what_one_file_said_stays_where_the_other_is_named_later(tmp_path: Path) -> None:
    lexicon = PolarityLexicon({("很清晰", ""): Polarity.NEGATIVE})
    review = Review("1", TEXT, product="华为 Mate60 Pro", brand="HUAWEI 华为")
    answer = mined(review)
    both, catalogue, words = (
        KnownThings(linker(tmp_path), lexicon), KnownThings(linker(tmp_path)),
        KnownThings(None, lexicon),
    )  # fmt: skip
    whole = both.of(review, answer)
    assert whole.links and whole.proposed and len(whole.notes) == 2
    for first, second in ((catalogue, words), (words, catalogue), (both, words)):
        earlier = first.of(review, answer)
        assert with_earlier(second.of(review, answer), earlier, second) == whole
    assert with_earlier(whole, None, both) == whole
    nothing = KnownThings(None, PolarityLexicon({("慢", ""): Polarity.NEGATIVE}))
    kept = with_earlier(nothing.of(review, answer), whole, nothing)
    assert (kept.links, [note.check for note in kept.notes]) == (whole.links, ["other brand"])


def test_what_the_model_marked_is_linked_and_not_proposed(tmp_path: Path) -> None:
    review = Review("1", TEXT, product="小米15", brand="华为")
    answer = mined(review, Entity(Span(7, 11), "product", 0.9))
    knowledge = KnownThings(linker(tmp_path)).of(review, answer)
    assert knowledge.proposed == ()
    assert {link.source: link.id for link in knowledge.links if link.source != "aspect"} == {
        "brand": "brand:华为", "product": MI15, "entity": MI14,
    }  # fmt: skip
    assert [note.check for note in knowledge.notes] == ["other brand in the columns"]


def test_a_part_of_other_products_is_noted(tmp_path: Path) -> None:
    review = Review("1", TEXT, product="P60")
    knowledge = KnownThings(linker(tmp_path)).of(review, mined(review))
    assert [(note.check, note.opinion) for note in knowledge.notes if "part" in note.check] == [
        ("no such part", 2)
    ]


def test_a_lexicon_row_of_the_aspect_counts_before_one_of_any(tmp_path: Path) -> None:
    path = tmp_path / "l.csv"
    path.write_text(
        "词,极性,评价对象\n大,正面,屏幕\n大,负面,噪音\n大,中性,\n小,很坏,\n大,负面,屏幕\n", "utf-8"
    )
    lexicon = read_lexicon(path)
    assert lexicon.polarity("大", "屏幕") is Polarity.POSITIVE
    assert lexicon.polarity("大", "噪音") is Polarity.NEGATIVE
    assert lexicon.polarity("大", "按键") is lexicon.polarity("大", None) is Polarity.NEUTRAL
    assert lexicon.polarity("不大", "屏幕") is None
    assert [bad.line for bad in lexicon.bad] == [5, 6]
    path.write_text("词\n大\n", "utf-8")
    with pytest.raises(GuandianError, match="no column polarity"):
        read_lexicon(path)


def test_knowledge_changes_nothing_that_was_mined_and_goes_there_and_back(tmp_path: Path) -> None:
    """One text of two products is answered twice: its links differ."""

    class Fixed:
        def mine(self, reviews):  # type: ignore[no-untyped-def]
            return [mined(review) for review in reviews]

    model = LazyMiner("key", "m@1", Fixed)
    knows = knowing(model, KnownThings(linker(tmp_path)))
    assert knows.key != model.key
    reviews = [
        Review(str(k), TEXT, product=name, language=Language.CHINESE)
        for k, name in enumerate(("小米14", "小米15"))
    ]
    with Answers(knows) as answers:
        answered = answers.ask(reviews).wait()
    for review, answer in zip(reviews, answered, strict=True):
        assert replace(answer, knowledge=None) == mined(review)
        record = json.loads(json.dumps(to_wire(review, answer)))
        assert from_wire(record) == (review, answer)
    first, second = (answer.knowledge.links[0].id for answer in answered if answer.knowledge)
    assert (first, second) == (MI14, MI15)
