"""What is found of personal data, what is masked for nothing, and what masking costs the miner.

    python bench/privacy.py                          # the recognisers on data/guandian_privacy
    python bench/privacy.py --tuples                 # and the F1 of the miner on masked texts
    PYTHONPATH=src VENV/bin/python bench/privacy.py --system presidio    # or openmed

An identifier is found when all its characters are masked, whatever the type is called; a mask is
false when it touches no marked span. The other systems are in no extra of the project: install
`presidio-analyzer` (run on a blank engine, its recognisers of numbers, China among the regions of
telephones) or `openmed` (its deterministic path for Chinese, without a model) and `rjieba` in an
environment of their own.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from guandian.domain import Labelled, Mined

DATA = Path(__file__).resolve().parent.parent / "data"
GROUPS = {
    "checksums": ("id_card", "bank_card"),
    "phone, e-mail, plate": ("mobile", "landline", "email", "plate"),
    "cued": ("wechat", "qq", "order", "parcel", "passport", "permit"),
    "address": ("address",),
    "name": ("name",),
}
WANTED = dict(zip(GROUPS, (0.995, 0.98, 0.95, 0.90, 0.85), strict=True))
Found = tuple[int, int, str]
Finder = Callable[[str], Sequence[Found]]

PLANTED = (
    "我叫王丽华，电话13800138000。", "有事打一三八零零一三八零零零。", "订单号2309151234567890。",
    "收货地址是北京市朝阳区建国路88号院3号楼501室。", "加微信xiaoming_88。",
    "卡号6222021234567890128。", "快递单号SF1234567890123。",
    "邮箱zhangsan@163.com。", "车牌京A12345。",
    "客服张敏接的，身份证11010119900307002X也发了。",
)  # fmt: skip
PLANTED_ENGLISH = (
    " My name is John Smith, call me at (415) 555-2671.", " Order number 112-1234567-1234567.",
    " Write to john.smith@example.com.", " Ship it to 12 Oak Street, Apt 5B.",
)  # fmt: skip


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--system", choices=("guandian", "presidio", "openmed"), default="guandian")
    parser.add_argument("--half", choices=("first", "second"), help="every other review alone")
    parser.add_argument("--errors", action="store_true", help="list what is missed and false")
    parser.add_argument("--tuples", action="store_true", help="and the F1 of the miner")
    asked = parser.parse_args()
    finder = {"guandian": _guandian, "presidio": _presidio, "openmed": _openmed}[asked.system]()
    print(f"{asked.system} on data/guandian_privacy\n")
    _recall(finder, asked.half, errors=asked.errors)
    if asked.tuples:
        _tuples()


def _guandian() -> Finder:
    from guandian.privacy import find

    return lambda text: [(d.span.start, d.span.end, d.type.value) for d in find(text)]


def _presidio() -> Finder:
    import spacy
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine
    from presidio_analyzer.predefined_recognizers import PhoneRecognizer

    class Blank(NlpEngine):
        """Tokens of an empty pipeline: no model is downloaded."""

        def __init__(self) -> None:
            self.nlp = spacy.blank("en")

        def load(self) -> None: ...

        def is_loaded(self) -> bool:
            return True

        def process_text(self, text: str, language: str) -> NlpArtifacts:
            doc = self.nlp(text)
            words = [token.text for token in doc]
            return NlpArtifacts([], doc, [t.idx for t in doc], words, self, language)

        def process_batch(self, texts: Iterable[str], language: str, **_: Any) -> Any:
            return ((text, self.process_text(text, language)) for text in texts)

        def is_stopword(self, word: str, language: str) -> bool:
            return False

        def is_punct(self, word: str, language: str) -> bool:
            return False

        def get_supported_entities(self) -> list[str]:
            return []

        def get_supported_languages(self) -> list[str]:
            return ["en"]

    registry = RecognizerRegistry()
    registry.load_predefined_recognizers(languages=["en"])
    registry.remove_recognizer("SpacyRecognizer")
    registry.remove_recognizer("PhoneRecognizer")
    regions = ("CN", "US", "GB", "HK", "TW", "MO")
    registry.add_recognizer(PhoneRecognizer(supported_regions=regions))
    engine = AnalyzerEngine(registry=registry, nlp_engine=Blank(), supported_languages=["en"])
    return lambda text: [(r.start, r.end, r.entity_type) for r in engine.analyze(text, "en")]


def _openmed() -> Finder:
    from openmed.core.safety_sweep import safety_sweep

    return lambda text: [
        (entity.start, entity.end, entity.label) for entity in safety_sweep(text, [], lang="zh")
    ]


def _recall(finder: Finder, half: str | None, *, errors: bool) -> None:
    marked, hit, right = Counter[str](), Counter[str](), Counter[str]()
    masks, false, dirty = 0, Counter[str](), 0
    reviews = dict[str, int]()
    for name in ("positives", "negatives"):
        lines = (DATA / "guandian_privacy" / f"{name}.jsonl").read_text("utf-8").splitlines()
        chosen = {None: slice(None), "first": slice(0, None, 2), "second": slice(1, None, 2)}[half]
        reviews[name] = len(lines[chosen])
        for line in lines[chosen]:
            row = json.loads(line)
            text, spans = row["text"], row["spans"]
            pieces = finder(text)
            covered = {offset for start, end, _ in pieces for offset in range(start, end)}
            for span in spans:
                whole = set(range(span["start"], span["end"]))
                marked[span["type"]] += 1
                hit[span["type"]] += whole <= covered
                right[span["type"]] += any(
                    kind == span["type"] and whole <= set(range(start, end))
                    for start, end, kind in pieces
                )
                if errors and not whole <= covered:
                    value = text[span["start"] : span["end"]]
                    print(f"missed {span['type']} {value!r} in {text!r}")
            idle = [
                (start, end, kind)
                for start, end, kind in pieces
                if not any(start < span["end"] and span["start"] < end for span in spans)
            ]
            masks += len(pieces)
            false.update(kind for _, _, kind in idle)
            dirty += bool(idle) and name == "negatives"
            if errors:
                for start, end, kind in idle:
                    print(f"false {kind} {text[start:end]!r} in {name}: {text!r}")
    print("| type | marked | found | recall | of the right type |\n|---|---|---|---|---|")
    for kind, number in marked.items():
        share, typed = hit[kind] / number, right[kind] / number
        print(f"| {kind} | {number} | {hit[kind]} | {share:.3f} | {typed:.3f} |")
    print("\n| group | recall | wanted |\n|---|---|---|")
    for group, kinds in GROUPS.items():
        share = sum(hit[k] for k in kinds) / max(1, sum(marked[k] for k in kinds))
        print(f"| {group} | {share:.3f} | {WANTED[group]} |")
    wrong = false.total()
    names = hit["name"] / max(1, hit["name"] + false["name"] + false["person"])
    recall, precision = hit.total() / marked.total(), 1 - wrong / max(1, masks)
    print(f"\nall: recall {recall:.3f}, precision {precision:.3f}", end=" ")
    print(f"({wrong} false of {masks} masks: {dict(false)})")
    print(f"names: precision {names:.3f} (wanted 0.90)")
    print(
        f"hard negatives with a false mask: {dirty} of {reviews['negatives']}"
        " (wanted: at most 1 of 1,000)"
    )


class _Masked:
    """The miner on masked texts, its spans brought back to the raw ones."""

    def __init__(self, miner: Any, mode: str, tokens: str = "") -> None:
        from guandian.privacy import Masking

        self._miner, self._tokens = miner, tokens
        self._masking = Masking(mode, b"a secret of the bench")  # type: ignore[arg-type]
        self.masked = 0

    def predict(self, texts: Sequence[str]) -> list[Mined]:
        from guandian.privacy import find
        from guandian.text.alignment import apply_edits

        if not self._tokens:
            pairs = [self._masking.text(text) for text in texts]
        else:
            pairs = [
                apply_edits(text, ((d.span.start, d.span.end, self._tokens) for d in find(text)))
                for text in texts
            ]
        self.masked = sum(len(find(text)) for text in texts)
        answers = self._miner.predict([text for text, _ in pairs])
        return [_raw(answer, way) for answer, (_, way) in zip(answers, pairs, strict=True)]


def _raw(mined: Mined, alignment: Any) -> Mined:
    def back(span: Any) -> Any:
        return span and alignment.to_raw(span)

    return replace(
        mined,
        opinions=tuple(
            replace(
                o, aspect=back(o.aspect), expression=back(o.expression), evidence=back(o.evidence)
            )
            for o in mined.opinions
        ),
        entities=tuple(replace(e, span=back(e.span)) for e in mined.entities),
    )


def _tuples() -> None:
    from guandian.data.corpora import load
    from guandian.evaluation import Options, evaluate
    from guandian.pipelines import open_miner

    miner = open_miner()
    plain = load(str(DATA / "guandian_written" / "dev.jsonl"), Path())
    print(f"\n{miner.model} on the {len(plain)} reviews of data/guandian_written/dev.jsonl\n")
    print("| texts | masked with | masks | quad F1 | triplet F1 | sentiment |\n|" + "---|" * 6)
    ways: list[tuple[str, Any]] = [
        ("nothing", miner),
        ("`[手机号]`", _Masked(miner, "mask")),
        ("pseudonyms", _Masked(miner, "pseudonym")),
        ("last four", _Masked(miner, "last4")),
    ]
    others = [
        (f"`{token}`", _Masked(miner, "mask", token))
        for token in ("***", "＊", "某某", "[隐去]", "【隐私信息】", "█", "<PHONE>")
    ]
    for name, examples in (("as they are", plain), ("with planted data", _planted(plain))):
        for way, predictor in ways + (others if examples is not plain else []):
            scored = evaluate(predictor, examples, Options(miner.model, "written", "span"))
            assert scored.opinions is not None and scored.sentiment is not None
            scores = scored.opinions.scores
            print(
                f"| {name} | {way} | {getattr(predictor, 'masked', 0)} | {scores.quad.f1:.4f}"
                f" | {scores.triplet.f1:.4f} | {scored.sentiment.scores.accuracy:.4f} |",
                flush=True,
            )


def _planted(examples: Sequence[Labelled]) -> list[Labelled]:
    """Each review with a sentence of personal data at its end or its beginning, labels moved."""
    from guandian.text.edits import Edit, edited

    planted = []
    for number, example in enumerate(examples):
        chinese = any("\u4e00" <= c <= "\u9fff" for c in example.text)
        sentences = PLANTED if chinese else PLANTED_ENGLISH
        sentence = sentences[number % len(sentences)]
        end = len(example.text)
        if chinese and number % 2:
            planted.append(edited(example, [Edit(0, 0, sentence)]))
        else:
            mark = "" if example.text[-1:] in "。！？!?.~" else "。" if chinese else "."
            planted.append(edited(example, [Edit(end, end, mark + sentence)]))
    return planted


if __name__ == "__main__":
    main()
