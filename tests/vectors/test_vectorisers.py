"""What every kind of vectors promises, and what is each one's own."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from tests.tiny_base import write_base
from tests.vectors.samples import BAD, GOOD, STRANGE, TEXTS, write_glove

from guandian.errors import GuandianError
from guandian.text.segmentation import UserWord
from guandian.vectors import (
    KINDS,
    BagOfWords,
    EncoderMeans,
    Glove,
    Matrix,
    Tfidf,
    Vectoriser,
    Word2Vec,
    load_vectoriser,
)
from guandian.vectors.vocabulary import Words, cleaned

Make = Callable[[], Vectoriser]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Vectoriser]:
    """A vectoriser of every kind, not fitted."""
    folder = tmp_path_factory.mktemp("vectors")
    return {
        "words": BagOfWords(ngram_range=(1, 2)),
        "tfidf": Tfidf("characters", (1, 3)),
        "word2vec": Word2Vec(8, min_count=1, epochs=3, weighting="tfidf"),
        "glove": Glove(write_glove(folder)),
        "encoder": EncoderMeans(str(write_base(folder / "bert")), 24, 8, 128),
    }


@pytest.fixture(scope="module")
def fitted(made: dict[str, Vectoriser]) -> dict[str, Vectoriser]:
    return {kind: clone(one).fit(TEXTS) for kind, one in made.items()}


def dense(matrix: Matrix) -> NDArray[np.float64]:
    return np.asarray(matrix.todense() if sparse.issparse(matrix) else matrix, dtype=np.float64)


def test_every_kind_is_tried_here(made: dict[str, Vectoriser]) -> None:
    assert {name: type(one) for name, one in made.items()} == KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_is_its_texts_one_by_one_in_order(kind: str, fitted: dict[str, Vectoriser]) -> None:
    vectoriser, texts = fitted[kind], [*STRANGE, *TEXTS, "屏幕很清晰😀。" * 12]
    matrix = vectoriser.transform(iter(texts))
    assert sparse.issparse(matrix) is vectoriser.sparse
    assert matrix.shape == (len(texts), len(vectoriser.get_feature_names_out()))
    together, backwards = dense(matrix), dense(vectoriser.transform(texts[::-1]))[::-1]
    apart = np.concatenate([dense(vectoriser.transform([text])) for text in texts])
    np.testing.assert_allclose(together, apart, rtol=0, atol=1e-5)
    np.testing.assert_allclose(together, backwards, rtol=0, atol=1e-5)
    assert not together[1].any() and together[2].any()  # markup alone, known words
    assert dense(vectoriser.transform([])).shape == (0, matrix.shape[1])


@pytest.mark.parametrize("kind", KINDS)
def test_scikit_learn_takes_it(kind: str, made: dict[str, Vectoriser]) -> None:
    model = make_pipeline(clone(made[kind]), LogisticRegression(C=100.0))
    model.fit(TEXTS, [1] * len(GOOD) + [0] * len(BAD))
    assert model.predict(TEXTS).shape == (len(TEXTS),)
    again = clone(made[kind])
    one_pass, two_passes = again.fit_transform(TEXTS), again.transform(TEXTS)
    np.testing.assert_allclose(dense(one_pass), dense(two_passes), rtol=0, atol=1e-6)
    assert one_pass.dtype == two_passes.dtype


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_saved_gives_the_same_vectors(
    kind: str, fitted: dict[str, Vectoriser], tmp_path: Path
) -> None:
    path = tmp_path / "kept.vectors"
    fitted[kind].save(path)
    loaded = load_vectoriser(path, kind)
    assert loaded.get_params() == fitted[kind].get_params()
    names = fitted[kind].get_feature_names_out()
    assert loaded.get_feature_names_out().tolist() == names.tolist()
    texts = [*TEXTS, *STRANGE]
    np.testing.assert_array_equal(
        dense(loaded.transform(texts)), dense(fitted[kind].transform(texts))
    )
    with pytest.raises(GuandianError, match="already exists"):
        loaded.save(path)
    other = next(name for name in KINDS if name != kind)
    with pytest.raises(GuandianError, match=f"of the kind '{kind}', not {other}"):
        load_vectoriser(path, other)


@pytest.mark.parametrize("kind", KINDS)
def test_wrong_use(kind: str, made: dict[str, Vectoriser]) -> None:
    with pytest.raises(NotFittedError):
        made[kind].transform(TEXTS)
    with pytest.raises(NotFittedError):
        made[kind].save("never.vectors")
    with pytest.raises(ValueError, match="found one"):
        clone(made[kind]).fit("one text😀")


def test_counts_are_those_of_scikit_learn_on_the_same_words() -> None:
    words = Words()
    tokens = [words(cleaned(text)) for text in TEXTS]
    ours, theirs = BagOfWords(min_df=2), CountVectorizer(analyzer=list, min_df=2)
    assert (ours.fit_transform(TEXTS) != theirs.fit_transform(tokens)).nnz == 0
    assert ours.get_feature_names_out().tolist() == theirs.get_feature_names_out().tolist()
    assert {"屏幕", "screen"} <= set(ours.get_feature_names_out())
    weights = TfidfVectorizer(analyzer=list, sublinear_tf=True).fit_transform(tokens)
    assert abs(Tfidf().fit_transform(TEXTS) - weights).max() < 1e-12


def test_users_words_stay_whole_and_are_kept(tmp_path: Path) -> None:
    texts = ["没有续航焦虑了😀", "T恤很好"]
    assert "续航焦虑" not in BagOfWords().fit(texts).get_feature_names_out()
    own = BagOfWords(user_words=(UserWord("续航焦虑"),)).fit(texts)
    own.save(tmp_path / "own.vectors")
    for each in (own, load_vectoriser(tmp_path / "own.vectors"), pickle.loads(pickle.dumps(own))):
        names = each.get_feature_names_out().tolist()
        assert each.transform(["续航焦虑"])[0, names.index("续航焦虑")] == 1
        assert "t恤" in names  # the dictionary knows it by its capital


def test_clean_or_not() -> None:
    assert "br" not in BagOfWords().fit(["<br>好😀"]).get_feature_names_out()
    assert "br" in BagOfWords(clean=False).fit(["<br>好😀"]).get_feature_names_out()


def test_averages_of_words(tmp_path: Path) -> None:
    glove = Glove(write_glove(tmp_path)).fit(TEXTS)
    assert glove.terms_ == ["屏幕", "screen", "电池", ","]
    found = glove.transform(["SCREEN 屏幕", "没有", "电池屏幕😀屏幕"])
    np.testing.assert_allclose(found, [[0.75, 0.25, 0.25], [0, 0, 0], [2 / 3, 1 / 3, 1 / 3]])
    # 电池 stands in two of eight texts, 屏幕 in three: it counts for more.
    heavy = Glove(write_glove(tmp_path), "tfidf").fit(TEXTS).transform(["电池屏幕"])
    assert heavy.dtype == np.float32
    assert heavy[0, 1] > heavy[0, 0] > 0


def test_word2vec_repeats_itself_and_heeds_its_seed() -> None:
    first, again, other = (
        Word2Vec(8, min_count=1, epochs=2, seed=seed).fit(TEXTS).vectors_ for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.allclose(first, other)


def test_word2vec_reads_all_of_a_long_review() -> None:
    long = "屏幕 " * 10_000 + "电池😀" * 2
    assert "电池" in Word2Vec(4, min_count=2, epochs=1).fit([long]).terms_


def test_encoder_counts_every_token_of_a_long_review_once(fitted: dict[str, Vectoriser]) -> None:
    """Of three windows each is read by itself, as lines are; the mean is that of their tokens."""
    parts = ["屏幕很清晰。" * 3, "电池不耐用😡！" * 2, "客服很差。" * 3]
    found = fitted["encoder"].transform(["\n".join(parts), *parts]).astype(np.float64)
    sizes = [len(part) for part in parts]
    mean = np.average(found[1:], axis=0, weights=sizes)
    np.testing.assert_allclose(found[0], mean, rtol=0, atol=1e-5)
