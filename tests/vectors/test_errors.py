"""What cannot be learned, read or written says so, with place and repair."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file
from scipy import sparse
from tests.tiny_base import write_base
from tests.vectors.samples import TEXTS, write_glove

from guandian.errors import BadRow, GuandianError
from guandian.vectors import (
    BagOfWords,
    EncoderMeans,
    Glove,
    Tfidf,
    Word2Vec,
    load_vectoriser,
    write_vectors,
)


@pytest.mark.parametrize(
    ("vectoriser", "message"),
    [
        (BagOfWords(), "no term is left"),
        (Tfidf("characters", min_df=3), "no term is left"),
        (BagOfWords(ngram_range=(2, 1)), "ngram_range is 2 to 1"),
        (Word2Vec(), "no word stands in 2 places of these 2 texts"),
    ],
)
def test_nothing_to_learn(vectoriser: BagOfWords, message: str) -> None:
    with pytest.raises(GuandianError, match=message):
        vectoriser.fit(["<br>", "<p>"])


def test_missing_libraries_name_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "sklearn", None)
        patch.delitem(sys.modules, "guandian.vectors")
        with pytest.raises(GuandianError, match=r"scikit-learn.*\n.*'guandian\[vectors\]'"):
            import_module("guandian.vectors")
    monkeypatch.setitem(sys.modules, "gensim.models", None)
    with pytest.raises(GuandianError, match=r"gensim.*\n.*pip install 'guandian\[vectors\]'"):
        Word2Vec().fit(TEXTS)
    monkeypatch.setitem(sys.modules, "guandian.modeling.encoders.hidden_states", None)
    with pytest.raises(GuandianError, match=r"pip install 'guandian\[train\]'"):
        EncoderMeans().fit(TEXTS)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("屏幕 1 2\n电池 1\n", "line 2: 1 number where other words have 2"),
        ("屏幕 1 2\n😀 1 2 3\n", "line 2: 3 numbers where other words have 2"),
        ("屏幕 1 2\n\n电池 1 x\n", "line 3: 'x' is not a finite number"),
        ("屏幕 1 nan\n", "line 1: not a word and its numbers"),
        ("PK\x03\x04 zip\n", "line 1: not a word and its numbers"),
        ("屏幕\n", "line 1: not a word and its numbers"),
        ("1 0\n屏幕\n", "line 1: it says that a word has no numbers"),
    ],
)
def test_a_wrong_line_of_word_vectors_is_named(text: str, message: str, tmp_path: Path) -> None:
    path = write_glove(tmp_path, text)
    with pytest.raises(BadRow, match=f"{path}, {message}"):
        Glove(path).fit(TEXTS)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("3 2\n屏幕 1 2\n电池 1 2\n", "has 2 words, its first line says 3"),
        ("Monitor 1 2\n", r"none of the \d+ words of the reviews among its 1"),
    ],
)
def test_a_wrong_file_of_word_vectors(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(GuandianError, match=message):
        Glove(write_glove(tmp_path, text)).fit(TEXTS)


def test_word_vectors_as_word2vec_and_glove_write_them(tmp_path: Path) -> None:
    text = "4 2\n. . . 9 9\n屏幕 1 2 \nScreen 3 4\r\nscreen 5 6\n"
    glove = Glove(write_glove(tmp_path, text)).fit(TEXTS)
    assert dict(zip(glove.terms_, glove.vectors_.tolist(), strict=True)) == {
        "屏幕": [1, 2],
        "screen": [3, 4],
    }


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    path = tmp_path / "kept.vectors"
    Tfidf().fit(TEXTS).save(path)
    return path


def test_a_damaged_file_is_refused(kept: Path) -> None:
    whole = kept.read_bytes()
    assert b"pickle" not in whole
    for place in (len(whole) - 3, whole.index(b"shape"), 1):
        kept.write_bytes(whole[:place] + b"\x07" + whole[place + 1 :])
        with pytest.raises(GuandianError, match=r"(damaged|no saved vectoriser)[^$]*--save"):
            load_vectoriser(kept)
    kept.write_bytes(whole[:-9])
    with pytest.raises(GuandianError, match="no saved vectoriser"):
        load_vectoriser(kept)


def test_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(GuandianError, match="there is no file"):
        load_vectoriser(tmp_path / "nowhere.vectors")
    other = tmp_path / "other.safetensors"
    for metadata, message in (({"format": "pt"}, "its format is 'pt'"), (None, "metadata")):
        save_file({"x": np.ones(2)}, other, metadata)
        with pytest.raises(GuandianError, match=message):
            load_vectoriser(other)
    (tmp_path / "reviews.csv").write_text("text\n好😀\n", encoding="utf-8")
    with pytest.raises(GuandianError, match="it is not a safetensors file"):
        load_vectoriser(tmp_path / "reviews.csv")


def test_another_encoder_under_the_same_name_is_refused(tmp_path: Path) -> None:
    place = write_base(tmp_path / "base")
    EncoderMeans(str(place)).fit(TEXTS).save(tmp_path / "e.vectors")
    write_base(place, "electra")
    with pytest.raises(GuandianError, match="is not the one"):
        load_vectoriser(tmp_path / "e.vectors").transform(TEXTS)
    with pytest.raises(GuandianError, match="reads 512 tokens at once, not 600"):
        EncoderMeans(str(place), 600).fit(TEXTS)
    with pytest.raises(GuandianError, match="hf download nobody/nothing"):
        EncoderMeans("nobody/nothing").fit(TEXTS)


def test_formats_hold_the_same_numbers(tmp_path: Path) -> None:
    ids = [f"r{k}" for k in range(len(TEXTS) - 1)] + ["=1+1"]
    words = Tfidf()
    matrix = words.fit_transform(TEXTS)
    write_vectors(tmp_path / "w.npz", matrix, ids, words)
    assert (sparse.load_npz(tmp_path / "w.npz") != matrix).nnz == 0
    about = json.loads((tmp_path / "w.npz.json").read_text("utf-8"))
    assert (about["kind"], about["ids"]) == ("tfidf", ids)
    assert about["features"] == words.get_feature_names_out().tolist()
    write_vectors(tmp_path / "w.jsonl", matrix, ids, words)
    rows = [json.loads(line) for line in (tmp_path / "w.jsonl").read_text("utf-8").splitlines()]
    for place, row in enumerate(rows):
        assert row["id"] == ids[place]
        values = {about["features"][k]: matrix[place, k] for k in matrix[place].indices}
        assert row["vector"] == values
    dense = Word2Vec(4, min_count=1, epochs=1)
    numbers = dense.fit_transform(TEXTS)
    for name in ("d.npz", "d.npy", "d.jsonl", "d.csv"):
        write_vectors(tmp_path / name, numbers, ids, dense)
    assert (np.load(tmp_path / "d.npz")["vectors"] == numbers).all()
    assert (np.load(tmp_path / "d.npy") == numbers).all()
    lines = (tmp_path / "d.jsonl").read_text("utf-8").splitlines()
    assert (np.array([json.loads(line)["vector"] for line in lines], np.float32) == numbers).all()
    table = (tmp_path / "d.csv").read_text("utf-8-sig").splitlines()
    assert table[0] == "id,word2vec0,word2vec1,word2vec2,word2vec3"
    cells = [line.split(",") for line in table[1:]]
    assert [row[0] for row in cells] == [*ids[:-1], "'=1+1"]
    assert (np.array([row[1:] for row in cells], np.float32) == numbers).all()


def test_outputs_that_are_refused_leave_nothing(tmp_path: Path) -> None:
    words = BagOfWords()
    matrix, ids = words.fit_transform(TEXTS), ["x"] * len(TEXTS)
    for name, message in (("a.csv", "are sparse"), ("a.npy", "are sparse"), ("a.txt", "ending")):
        with pytest.raises(GuandianError, match=message):
            write_vectors(tmp_path / name, matrix, ids, words)
    with pytest.raises(ValueError, match="1 ids, 8 vectors"):
        write_vectors(tmp_path / "a.npz", matrix, ["x"], words)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "a.npz.json").touch()
    with pytest.raises(GuandianError, match="already exists"):
        write_vectors(tmp_path / "a.npz", matrix, ids, words)
    assert [path.name for path in tmp_path.iterdir()] == ["a.npz.json"]
