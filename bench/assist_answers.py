"""How well answers are found, refused and contradicted: on RGB, on speed. Passages are cached.

    python bench/assist_answers.py --models FOLDER [--data ../shared/data] [--cache FOLDER]

FOLDER holds `encoder/` as `guandian assist train --pairs` writes it, or is one made of a base by
`--base MODEL`. RGB (Chen et al. 2024, arXiv:2309.01431) is read from files that are never copied.
"""

from __future__ import annotations

import argparse
import gzip
import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from guandian.assist.answers.answer_files import ENCODER
from guandian.assist.answers.answerer import Answerer
from guandian.assist.answers.contradictions import contradictions, sentence_words
from guandian.assist.answers.knowledge import Knowledge
from guandian.assist.answers.passages import Passage
from guandian.assist.answers.refusing.default_thresholds import BY_WORDS
from guandian.assist.answers.retriever import Retriever
from guandian.assist.answers.sentence_choice import search_tokens
from guandian.assist.answers.text_models import RetrievalEncoder, TextModelCard
from guandian.pipelines.answering.answer_scores import ExamQuestion, score_exam
from guandian.pipelines.answering.refusal_thresholds import (
    AnsweredQuestion,
    asked_twice,
    crossed,
    fit_answerability,
    refusal,
)

SETS = ("zh_refine", "zh_int", "zh_fact", "en_fact")


def rows_of(folder: Path, name: str) -> list[dict[str, object]]:
    """The rows of one of RGB's files."""
    with gzip.open(folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def flat(values: object) -> Iterator[str]:
    """The texts in nested lists."""
    if isinstance(values, list):
        for value in values:
            yield from flat(value)
    elif values:
        yield str(values)


def exam(rows: list[dict[str, object]]) -> tuple[Knowledge, list[ExamQuestion], list[set[int]]]:
    """All passages of a set as one knowledge; the questions; and all passages of each question."""
    places: dict[str, int] = {}
    questions, own = [], []
    for row in rows:
        right = {places.setdefault(text, len(places)) for text in flat(row["positive"])}
        others = {places.setdefault(text, len(places)) for text in flat(row["negative"])}
        words = tuple(flat(row["answer"]))
        questions.append(ExamQuestion(AnsweredQuestion(str(row["query"]), frozenset(right)), words))
        own.append(right | others)
    passages = tuple(
        Passage(f"p{k}", "rgb", k, "manual", "", text) for k, text in enumerate(places)
    )
    return Knowledge(passages), questions, own


def vectors_of(encoder: RetrievalEncoder, knowledge: Knowledge, cache: Path) -> NDArray[np.float32]:
    """The vectors of all passages, from the cache where they are there."""
    file = cache / f"{encoder.key[:16]}-{len(knowledge)}-{hash_of(knowledge)}.npy"
    if not file.is_file():
        texts = [passage.searched for passage in knowledge.passages]
        parts = [encoder.passages(texts[k : k + 256]) for k in range(0, len(texts), 256)]
        np.save(file, np.concatenate(parts))
    loaded: NDArray[np.float32] = np.load(file)
    return loaded


def hash_of(knowledge: Knowledge) -> str:
    """A short sum over the passages."""
    import hashlib

    joined = "\n".join(passage.searched for passage in knowledge.passages)
    return hashlib.sha256(joined.encode()).hexdigest()[:12]


def falsified(rows: list[dict[str, object]]) -> tuple[float, float, float]:
    """Of falsified passages the share that is flagged beside the true ones, and without them.

    The third figure is the share of passages that are flagged where none is falsified.
    """
    flags = alone = wrong = alarms = clean = 0
    for row in rows:
        sides = {
            side: [
                Passage(f"{side}{k}", "rgb", k, "manual", "", text)
                for k, text in enumerate(flat(row[side]))
            ]
            for side in ("positive", "negative", "positive_wrong")
        }
        true = [*sides["positive"], *sides["negative"]]
        bad = {passage.id for passage in sides["positive_wrong"]}
        wrong, clean = wrong + len(bad), clean + len(true)
        flags += len(bad & flagged([*sides["positive_wrong"], *true]))
        alone += len(bad & flagged([*sides["positive_wrong"], *sides["negative"]]))
        alarms += len(flagged(true))
    return flags / wrong, alone / wrong, alarms / clean


def flagged(passages: list[Passage]) -> set[str]:
    """The passages that stand in a contradiction."""
    return {name for pair in contradictions(passages) for name in (pair.first, pair.second)}


def speed(answerer: Answerer, questions: list[ExamQuestion]) -> str:
    """Messages a second of one core's processor time, and the 95th percentile of one.

    Once with nothing remembered of any passage, and once with the passages met before.
    """
    texts = [entry.query.question for entry in questions]
    parts = []
    for what in ("new", "met"):
        seconds = []
        for text in texts:
            if what == "new":
                search_tokens.cache_clear()
                sentence_words.cache_clear()
            start = time.process_time()
            answerer.answer(text)
            seconds.append(time.process_time() - start)
        late = 1000 * float(np.quantile(seconds, 0.95))
        parts.append(
            f"passages {what}: {len(texts) / sum(seconds):.0f} a second, p95 {late:.1f} ms"
        )
    return "; ".join(parts)


def main() -> None:
    """Print the figures of each set."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--models", type=Path)
    parser.add_argument("--base")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--sets", nargs="*", default=SETS)
    given = parser.parse_args()
    if given.base:
        export_base(given.base, given.models)
    encoder = RetrievalEncoder.open(given.models / ENCODER) if given.models else None
    for name in given.sets:
        rows = rows_of(given.data / "rgb_grounding", name)
        knowledge, questions, own = exam(rows)
        vectors = None if encoder is None else vectors_of(encoder, knowledge, given.cache)
        retriever = Retriever(knowledge, encoder, vectors)
        asking = asked_twice(retriever, [entry.query for entry in questions])
        answerability = fit_answerability(asking, name) if encoder is not None else BY_WORDS
        scores = score_exam(retriever, answerability, questions)
        print(f"{name}: {scores.questions} questions, {scores.passages} passages")
        for way, row in scores.lists.items():
            print(
                f"  {way:7} hit@5 {row.hit.value:.3f} ({row.hit.low:.3f}-{row.hit.high:.3f})"
                f"  MRR {row.mrr.value:.3f} ({row.mrr.low:.3f}-{row.mrr.high:.3f})"
                f"  shared {row.shared:.4f}"
            )
        print(f"  answered {scores.answered:.3f}, of these the answer quoted {scores.quoted:.3f}")
        gone = asked_twice(retriever, [entry.query for entry in questions], own)
        for what, rates in (
            ("supporting passages away", refusal(*crossed(asking))),
            ("all passages of the question away", refusal(*crossed(gone))),
        ):
            print(
                f"  {what}: refused {rates.away:.3f} at {rates.there:.3f} where they are there,"
                f" AUROC {rates.auroc:.3f}"
            )
        if name.endswith("fact"):
            flags, alone, alarms = falsified(rows)
            print(
                f"  falsified beside true ones flagged {flags:.3f}, without them {alone:.3f};"
                f" flagged where none is falsified {alarms:.3f}"
            )
        print(f"  {speed(Answerer(retriever, answerability), questions)}", flush=True)


def export_base(base: str, folder: Path) -> None:
    """A base as it is, as the folder of an encoder."""
    from guandian.modeling.text_networks import TextVector, base_encoder
    from guandian.pipelines.answering.text_model_export import export_text_model
    from guandian.pipelines.answering.train_retriever import PASSAGE, QUESTION
    from guandian.pipelines.base_models import tokenizer_of

    if (folder / ENCODER).is_dir():
        return
    folder.mkdir(parents=True, exist_ok=True)
    card = TextModelCard("vectors", Path(base).name, QUESTION, PASSAGE)
    export_text_model(folder / ENCODER, TextVector(base_encoder(base)), card, tokenizer_of(base))


if __name__ == "__main__":
    main()
