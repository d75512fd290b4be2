"""TALLRec's question (would this user like this title?) from 64 shots: what counts alone reach.

`python bench/liked_titles.py FOLDER` reads `movie_valid.json` and `book_valid.json`. Rows of movies
are windows over few users, so the history of one row holds the label of another: shots and what
they are judged by come from different users (`apart`), beside the usual draw (`mixed`).
"""

from __future__ import annotations

import json
import re
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

SHOTS, SEEDS = 64, 10
Row = tuple[list[str], list[str], str, bool]


def read(path: Path, book: bool) -> list[Row]:
    """Liked titles, disliked ones, the title in question, and the answer."""
    rows = []
    for entry in json.loads(path.read_text("utf-8")):
        liked, rest = entry["input"].split("\nUser Unpreference:")
        disliked, title = rest.split("\nWhether the user will like the target ")
        one = r'"(.*?)" written by (.*?)(?=, "|$)' if book else r'"([^"]*)"()'
        parts = [
            [" | ".join(match) for match in re.findall(one, text.strip())]
            for text in (liked.replace("User Preference:", ""), disliked)
        ]
        title = re.sub(r"^(movie|book) ", "", title.strip()).replace('" written by ', " ")
        rows.append((parts[0], parts[1], title, entry["output"].startswith("Y")))
    return rows


def numbers(row: Row) -> list[float]:
    """Four numbers: how many liked and disliked, and the largest overlap of the title with each."""
    words = [set(re.findall(r"[a-z0-9]{3,}", text.lower())) for text in (row[2], *row[0], *row[1])]
    shares = [len(words[0] & other) / (1 + len(words[0] | other)) for other in words[1:]]
    liked = len(row[0])
    return [np.log1p(liked), np.log1p(len(row[1])), max(shares[:liked], default=0.0),
            max(shares[liked:], default=0.0)]  # fmt: skip


def prior(row: Row) -> float:
    """The log odds of liking by the user's history alone: known before any shot is seen."""
    return float(np.log((len(row[0]) + 1) / (len(row[1]) + 1)))


def fitted(shown: np.ndarray, before: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Weights of how far numbers move the prior, and of the prior itself, both shrunk."""
    signs = 2 * truth - 1

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        odds = before * (1 + weights[0]) + weights[1] + shown @ weights[2:]
        slope = -signs / (1 + np.exp(odds * signs))
        value = np.logaddexp(0, -odds * signs).sum() + 2 * weights[0] ** 2
        value += np.square(weights[2:]).sum() / 0.6
        down = np.r_[slope @ before + 4 * weights[0], slope.sum(), shown.T @ slope]
        down[2:] += weights[2:] / 0.3
        return float(value), down

    start = np.zeros(2 + shown.shape[1])
    return np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B").x)


def users(rows: list[Row]) -> np.ndarray:
    """A number of each row's user: windows that overlap belong to one."""
    titles = [{*liked, *disliked} for liked, disliked, *_ in rows]
    number = [0]
    for before, after in pairwise(titles):
        same = len(before & after) >= max(2, 0.7 * min(len(before), len(after)))
        number.append(number[-1] + (not same))
    return np.array(number)


def main() -> None:
    """Print the mean AUC of ten seeds and its standard deviation."""
    for name in ("movie", "book"):
        rows = read(Path(sys.argv[1]) / f"{name}_valid.json", name == "book")
        shown, truth, user = np.array([numbers(row) for row in rows]), np.array(
            [row[3] for row in rows]
        ), users(rows)  # fmt: skip
        before = np.array([prior(row) for row in rows])
        print(f"{name}: {len(rows)} rows, {len(set(user))} users")
        for draw in ("mixed", "apart"):
            forms = ("counts", [0, 1]), ("counts, overlap", [0, 1, 2, 3])
            priors: tuple[tuple[str, list[int]], ...]
            priors = ("prior alone", []), ("prior, overlap", [2, 3])
            for label, columns in (*forms, *priors):
                scores = []
                for seed in range(SEEDS):
                    generator = np.random.default_rng(seed)
                    some = generator.permutation(np.unique(user))
                    own = np.isin(user, some[: len(some) // 2]) if draw == "apart" else truth >= 0
                    shots = generator.choice(np.nonzero(own)[0], SHOTS, replace=False)
                    rest = np.nonzero(~own)[0] if draw == "apart" else np.setdiff1d(
                        np.arange(len(rows)), shots)  # fmt: skip
                    if label.startswith("prior"):
                        part = shown[:, columns] - shown[shots][:, columns].mean(0)
                        weights = fitted(part[shots], before[shots], truth[shots])
                        guess = before * (1 + weights[0]) + part @ weights[2:]
                        scores.append(roc_auc_score(truth[rest], guess[rest]))
                        continue
                    scale = StandardScaler().fit(shown[shots][:, columns])
                    model = LogisticRegression(C=0.1)
                    model.fit(scale.transform(shown[shots][:, columns]), truth[shots])
                    guess = model.decision_function(scale.transform(shown[rest][:, columns]))
                    scores.append(roc_auc_score(truth[rest], guess))
                print(
                    f"  {draw}, {label}: AUC {np.mean(scores):.3f} ± {np.std(scores, ddof=1):.3f}"
                )


if __name__ == "__main__":
    main()
