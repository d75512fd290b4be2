"""What is refused of questions that a shop's files do not answer, beside those that they do.

    python bench/assist_refusal.py [--data ../shared/data --fit] [--models FOLDER]

Two made-up shops (`tests/assist/answers/shop_exam`, written before the signs were, and
`second_shop`, before the fit): each question is in other words than the file's, and those without
an answer ask for something else about the same things. `--fit` learns the default of words from
the even questions of the first shop and pairs of BUSTM (few-shot train and dev); the odd ones and
the second shop are only asked. `--models` holds `encoder/`; its signs are fitted to the even ones.
"""

from __future__ import annotations

import argparse
import csv
import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from guandian.assist.answers.answer_files import ENCODER
from guandian.assist.answers.answerer import COMPARED, Answerer
from guandian.assist.answers.knowledge import Knowledge
from guandian.assist.answers.passages import Passage
from guandian.assist.answers.refusing.answerability import (
    VECTOR_SIGNS,
    WORD_SIGNS,
    Answerability,
    asked_of,
    signs_of,
    threshold_for,
)
from guandian.assist.answers.refusing.default_thresholds import BY_WORDS
from guandian.assist.answers.refusing.other_things import about_this
from guandian.assist.answers.retriever import Retriever
from guandian.assist.answers.text_models import RetrievalEncoder
from guandian.pipelines.answering.refusal_thresholds import (
    AnsweredQuestion,
    Asking,
    asked_twice,
    refusal,
)
from guandian.training.logistic import fit_logistic

SHOPS = Path(__file__).parents[1] / "tests" / "assist" / "answers"
FILES = {"shop_exam": ("faq.csv", "manual.md"), "second_shop": ("faq.csv",)}
BY_WORDS_SIGNS = ("met", "words", "pairs")
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Exam:
    """Questions of a shop, each with the id of the passage that answers it, or with none."""

    retriever: Retriever
    asked: tuple[tuple[str, str], ...]

    def asking(self, names: tuple[str, ...]) -> Asking:
        """The signs of questions with and without an answer."""
        rows: dict[bool, list[list[float]]] = {True: [], False: []}
        for question, answer in self.asked:
            signals = self.retriever.signals(question)
            left, hits = about_this(question, self.retriever, signals, COMPARED)
            query = asked_of(question, self.retriever)
            signs = signs_of(question, query, self.retriever, left, hits)
            rows[bool(answer)].append([signs[name] for name in names])
        return Asking(names, np.array(rows[True]), np.array(rows[False]))


def exams(encoder: RetrievalEncoder | None) -> dict[str, Exam]:
    """The even and odd questions of the first shop, and all of the second one."""
    told: dict[str, Exam] = {}
    for name, files in FILES.items():
        knowledge = Knowledge.read([SHOPS / name / file for file in files])
        with (SHOPS / name / "asked.csv").open(encoding="utf-8") as lines:
            asked = [(row["question"], row["answer"]) for row in csv.DictReader(lines)]
        retriever = Retriever(knowledge, encoder)
        parts = {"": asked} if name == "second_shop" else {" even": asked[::2], " odd": asked[1::2]}
        told |= {f"{name}{part}": Exam(retriever, tuple(rows)) for part, rows in parts.items()}
    return told


def pairs_of_same(data: Path) -> Asking:
    """BUSTM: a question is answered by one of the same meaning, which is there or taken away."""
    rows = [
        json.loads(line)
        for part in ("train", "dev")
        for line in (data / "bustm" / f"{part}_few_all.json").open(encoding="utf-8")
    ]
    texts = [*dict.fromkeys(row["sentence2"] for row in rows)]
    passages = tuple(Passage(f"p{k}", "bustm", k, "faq", text, "") for k, text in enumerate(texts))
    questions = [
        AnsweredQuestion(row["sentence1"], frozenset({texts.index(row["sentence2"])}))
        for row in rows
        if row["label"] == "1"
    ]
    return asked_twice(Retriever(Knowledge(passages)), questions)


def chosen(asking: Asking, names: tuple[str, ...]) -> Asking:
    """Some of the signs."""
    places = [asking.names.index(name) for name in names]
    return Asking(names, asking.there[:, places], asking.away[:, places])


def scores(model: Answerability, rows: Floats) -> Floats:
    """Probabilities of rows of the model's signs."""
    signs = (dict(zip(model.signs, row, strict=True)) for row in rows.tolist())
    return np.array([model.probability(row) for row in signs])


def told(what: str, model: Answerability, asking: Asking) -> str:
    """Refused at 5 % of this part, and at the model's own threshold."""
    there, away = scores(model, asking.there), scores(model, asking.away)
    rates = refusal(there, away)
    own = [(side < model.threshold).mean() for side in (away, there)]
    return (
        f"  {what:15} {len(there)} answered, {len(away)} not: AUROC {rates.auroc:.3f}, refused"
        f" {rates.away:.3f} at {rates.there:.3f}; at its own threshold {own[0]:.3f} at {own[1]:.3f}"
    )


def fitted(parts: list[Asking]) -> Answerability:
    """A fit, and the threshold that refuses 5 % of what is answered, in which parts count alike."""
    most = max(len(part.there) for part in parts)
    there, away = (
        np.concatenate([np.tile(rows, (round(most / len(rows)), 1)) for rows in side])
        for side in ([part.there for part in parts], [part.away for part in parts])
    )
    right = np.arange(len(there) + len(away)) < len(there)
    weights, bias = fit_logistic(np.concatenate([there, away]), right)
    model = Answerability(parts[0].names, weights, bias, 0.5, "")
    return replace(model, threshold=threshold_for(scores(model, there)))


def main() -> None:
    """Print what is refused by words, and with vectors."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--signs", nargs="*", default=BY_WORDS_SIGNS)
    parser.add_argument("--models", type=Path)
    given = parser.parse_args()
    shops = exams(None)
    model = BY_WORDS
    if given.fit:
        names = tuple(given.signs)
        bustm = pairs_of_same(given.data)
        model = fitted([chosen(bustm, names), shops["shop_exam even"].asking(names)])
        print(f"{model.signs} {np.round(model.weights, 2)} {model.bias:.2f} {model.threshold:.3f}")
        print(told("BUSTM", model, chosen(bustm, names)))
    print("by words")
    for name, exam in shops.items():
        print(told(name, model, exam.asking(model.signs)))
        quoted = [
            {s.source for s in Answerer(exam.retriever, model).answer(question).sentences}
            for question, _ in exam.asked
        ]
        right = [
            answer in ids for (_, answer), ids in zip(exam.asked, quoted, strict=True) if answer
        ]
        print(f"  {'':15} the right entry quoted {np.mean(right):.3f}")
    if given.models:
        encoder = RetrievalEncoder.open(given.models / ENCODER)
        names = (*WORD_SIGNS, *VECTOR_SIGNS)
        askings = {name: exam.asking(names) for name, exam in exams(encoder).items()}
        for label, signs in (("all signs", names), ("the cosine alone", ("cosine",))):
            model = fitted([chosen(askings["shop_exam even"], signs)])
            print(f"with vectors, {label}")
            for name, asking in askings.items():
                print(told(name, model, chosen(asking, signs)))


if __name__ == "__main__":
    main()
