"""Do combined votes label better than their majority, and than the best of the sources?

    python bench/weak_labels.py --root FOLDER [--sets waimai,online-shopping] [--most 2000]
        [--votes NAME=FILE ...]

The dev part of each set is labelled by rules of words (bench/weak_rules.toml), by characters
learned from reviews of another domain (ChnSentiCorp), and by the shipped bundle's sentiment and its
opinions; the labels of people are looked at only afterwards. The bundle learned from the train
parts of both sets: rows without it stand beside. `--votes` adds a file of votes, of a language
model for example. Prints the rows of docs/active.md.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from guandian.data import load
from guandian.domain import Labelled, Mined, Polarity, Review
from guandian.labelling import Notes
from guandian.labelling.weak import Voter, voters_of_file, voters_of_rules
from guandian.labelling.weak.checking import GoldCheck, Right, check_sentiments
from guandian.pipelines import open_miner

RULES = Path(__file__).parent / "weak_rules.toml"


def main() -> None:
    """Print a table a set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--sets", default="waimai,online-shopping")
    parser.add_argument("--most", type=int, default=2000)
    parser.add_argument("--votes", action="append", default=[], metavar="NAME=FILE")
    asked = parser.parse_args()
    for name in asked.sets.split(","):
        by_text = {record.text: record for record in load(name, asked.root, "dev")}
        records = list(by_text.values())[: asked.most]
        gold = {record.text: record.sentiment for record in records if record.sentiment}
        texts = [record.text for record in records]
        rules = voters_of_rules(RULES, texts)
        elsewhere = learned_elsewhere(asked.root, texts)
        given = [
            Voter(source, votes.sentiments)
            for source, _, file in (entry.partition("=") for entry in asked.votes)
            for votes in voters_of_file(Path(file), Notes(), {})
        ]
        model = shipped_votes(texts)
        for what, voters in (
            ("rules alone", rules),
            ("rules, characters", [*rules, elsewhere, *given]),
            ("rules, characters, the bundle", [*rules, elsewhere, *given, *model]),
        ):
            check = check_sentiments(voters, records, gold)
            assert check is not None
            show(f"{name}: {what}", voters, check, len(records))


def learned_elsewhere(root: Path, texts: Sequence[str]) -> Voter:
    """Characters weighed by what people said of hotels, books and laptops."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    learned: list[Labelled] = load("chnsenticorp", root, "train")[:4000]
    vectoriser = TfidfVectorizer(analyzer="char", ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    weighed = vectoriser.fit_transform([record.text for record in learned])
    model = LogisticRegression(C=4, max_iter=500)
    model.fit(weighed, [record.sentiment == Polarity.POSITIVE for record in learned])
    chances = model.predict_proba(vectoriser.transform(texts))[:, 1]
    sure = {
        text: Polarity.POSITIVE if chance > 0.5 else Polarity.NEGATIVE
        for text, chance in zip(texts, chances, strict=True)
        if abs(chance - 0.5) > 0.1
    }
    return Voter("characters of other goods", sure)


def shipped_votes(texts: Sequence[str]) -> list[Voter]:
    """The shipped bundle's sentiment where it takes a side, and the side of most opinions."""
    reviews = [Review(str(k), text) for k, text in enumerate(texts)]
    mined = open_miner(custom="two-sided").mine(reviews)
    sides = {text: answer.sentiment.label for text, answer in zip(texts, mined, strict=True)}
    taken = {text: side for text, side in sides.items() if side != Polarity.NEUTRAL}
    by_opinions = {
        text: side
        for text, answer in zip(texts, open_miner().mine(reviews), strict=True)
        if (side := side_of(answer)) is not None
    }
    return [Voter("guandian-small sentiment", taken), Voter("its opinions", by_opinions)]


def side_of(answer: Mined) -> Polarity | None:
    """Which side more of the opinions take; None where as many take the other."""
    signs = {Polarity.NEGATIVE: -1, Polarity.NEUTRAL: 0, Polarity.POSITIVE: 1}
    total = sum(signs[opinion.polarity] for opinion in answer.opinions)
    return None if not total else Polarity.POSITIVE if total > 0 else Polarity.NEGATIVE


def show(title: str, voters: Sequence[Voter], check: GoldCheck, total: int) -> None:
    """Print a table of the sources and three lines of what their votes give together."""
    from guandian.labelling.weak.combining import sentiment_votes
    from guandian.labelling.weak.label_model import ABSTAINED, LabelModel

    print(f"\n{title}, {total:,} reviews\n")
    records = [Labelled("", text, "") for text in {t for v in voters for t in v.sentiments}]
    votes = sentiment_votes(voters, records)
    likely = LabelModel.fit(votes, 3).posterior(votes)
    print("| source | coverage | estimated | true |\n|---|---|---|---|")
    for column, (voter, right) in enumerate(zip(voters, check.sources, strict=True)):
        mine = votes[:, column] != ABSTAINED
        estimated = likely[mine, votes[mine, column]].mean()
        covered = len(voter.sentiments) / total
        print(f"| {voter.name} | {covered:.2f} | {estimated:.3f} | {told(right)} |")
    print(f"| **majority** | {check.majority.labels / total:.2f} | | {told(check.majority)} |")
    print(f"| **label model** | {check.model.labels / total:.2f} | | {told(check.model)} |")
    if check.best is not None:
        print(
            f"| best source, common label where silent | | | {check.best.name} {told(check.best)} |"
        )
        print(f"\nlabel model over the best source: {check.over_best}")
    print(f"label model over the majority: {check.over_majority}", flush=True)


def told(right: Right) -> str:
    """A share with its interval."""
    return f"{right.share:.3f} ({right.low:.3f}-{right.high:.3f})" if right.labels else "–"


if __name__ == "__main__":
    main()
