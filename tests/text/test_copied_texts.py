"""What copies are told by: letters, and whether many people may write the same."""

import re
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from guandian.domain import Review
from guandian.text.copied_texts import Wording
from guandian.text.letters import letters

TEXTS = st.text("aBé_ ，。！（？）；：…①ｆＧ啊𠀀豈1́", max_size=20)


@given(TEXTS)
def test_letters_are_those_of_the_normal_form(text: str) -> None:
    folded = unicodedata.normalize("NFKC", text).casefold()
    assert letters(text) == (re.sub(r"[\W_]+", "", folded) or "".join(folded.split()))


@given(TEXTS)
def test_short_is_what_has_less_than_six_words_or_letters(text: str) -> None:
    han = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    words = re.findall(rf"[{han}]|[^\W_{han}]+", text)
    short = len(letters(text)) < 6 or len(words) < 6
    assert Wording.of(Review("1", text or "a"), []).short == short
