import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guandian.text.pieces import Encoded
from guandian.text.windows import Window, plan_windows, windows


def characters(text: str) -> Encoded:
    """Every character but white space a token."""
    places = np.array(
        [place for place, character in enumerate(text) if not character.isspace()], dtype=np.int32
    )
    return Encoded(np.ones_like(places), places, places + 1)


def test_a_short_text_is_one_window() -> None:
    assert plan_windows(10, 10, 4) == [Window(0, 10, 0, 10)]
    assert plan_windows(0, 10, 4) == []


@given(
    count=st.integers(0, 400),
    size=st.integers(1, 60),
    share=st.floats(0, 0.5),
    borders=st.lists(st.lists(st.integers(0, 400)).map(sorted), max_size=2),
)
def test_every_token_has_one_owner_far_from_the_border(
    count: int, size: int, share: float, borders: list[list[int]]
) -> None:
    overlap = int(size * share)
    planned = plan_windows(count, size, overlap, borders)
    owners = [[window for window in planned if window.owns(token)] for token in range(count)]
    for token, owning in enumerate(owners):
        (window,) = owning
        assert window.start == 0 or token - window.start >= overlap // 2
        assert window.end == count or window.end - token > overlap // 2
    assert all(0 < window.end - window.start <= size for window in planned)
    assert [window.own_start for window in planned[1:]] == [w.own_end for w in planned[:-1]]


def test_windows_hand_over_where_a_sentence_ends() -> None:
    sentence = "屏幕很清晰😀，颜色也正。"
    text = sentence * 20
    planned = windows(characters(text), text, 64, 16)
    assert len(planned) > 3
    assert all(window.own_end % len(sentence) == 0 for window in planned)


def test_without_sentences_they_hand_over_at_clauses() -> None:
    clause = "屏幕很清晰😀，"
    text = clause * 30
    planned = windows(characters(text), text, 64, 16)
    assert all(window.own_end % len(clause) == 0 for window in planned)


def test_lines_of_a_long_text_stand_alone() -> None:
    lines = ["屏幕很清晰😀", "颜色也正。" * 30, "", "好", "很快"]
    text = "\n".join(lines)
    planned = windows(characters(text), text, 40, 10)
    owned: dict[str, str] = {}
    plain = "".join(lines)
    starts = [plain.index(line) for line in lines if line]
    for start, line in zip(starts, [line for line in lines if line], strict=True):
        alone = windows(characters(line), line, 40, 10)
        moved = [
            Window(*(start + n for n in (w.start, w.end, w.own_start, w.own_end))) for w in alone
        ]
        assert all(window in planned for window in moved)
        owned[line] = "".join(plain[w.own_start : w.own_end] for w in moved)
    assert all(line == text for line, text in owned.items())
    assert len(planned) == sum(len(windows(characters(line), line, 40, 10)) for line in lines)


def test_lines_of_a_short_text_stay_together() -> None:
    text = "屏幕很清晰😀\n颜色也正"
    assert windows(characters(text), text, 40, 10) == [Window(0, 10, 0, 10)]


def test_an_overlap_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot overlap"):
        plan_windows(100, 10, 6)
