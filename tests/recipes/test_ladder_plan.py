from __future__ import annotations

from pathlib import Path

import pytest

from guandian.errors import RecipeError
from guandian.recipes.ladder_plan import DEFAULT_RUNGS, read_plan, spelled_plan


def test_a_line_says_rungs() -> None:
    plan = spelled_plan(" int4 , layers-4+heads-67+width-50+vocabulary-60+int4+aware+tokens-900")
    quick, small = plan.rungs
    assert (quick.name, quick.precision, quick.reshaped, quick.budget(500)) == (
        "int4", "int4", False, 0,
    )  # fmt: skip
    assert small.name == "layers-4-heads-67-width-50-vocabulary-60-int4-aware-tokens-900"
    assert (small.layers, small.heads, small.width, small.vocabulary) == (4, 0.67, 0.5, 0.6)
    assert small.aware and small.reshaped and small.budget(500) == 900
    assert spelled_plan("layers-3").rungs[0].budget(500) == 500
    assert spelled_plan("layers-3+untrained").rungs[0].budget(500) == 0
    assert len({rung.name for rung in spelled_plan(DEFAULT_RUNGS).rungs}) > 5


def test_a_file_says_the_same(tmp_path: Path) -> None:
    file = tmp_path / "plan.toml"
    file.write_text("[[rungs]]\nname = 'layers-4-int4'\nlayers = 4\nprecision = 'int4'\n")
    assert read_plan(file) == spelled_plan("layers-4+int4")
    file.write_text("[[rungs]]\nname = 'a'\nlayer = 4\n")
    with pytest.raises(RecipeError, match=r"unknown key 'rungs.0.layer'\n.*`?layers"):
        read_plan(file)
    file.write_text("rungs = []\n")
    with pytest.raises(RecipeError, match="rungs is empty"):
        read_plan(file)
    file.write_text('[[rungs]]\nname = "Starts"\nprecision = "int4"\n')
    with pytest.raises(RecipeError, match="no rung can be called 'Starts'"):
        read_plan(file)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("layers-4,half", r"'half' in 'half' means nothing\n.*layers-N"),
        ("layers--4", "'layers--4' in"),
        ("layers-0", r"rungs.0.layers"),
        ("heads-0", r"rungs.0.heads"),
        ("heads-101", r"rungs.0.heads"),
        ("int4,int4", r"two rungs are called 'int4'"),
        ("float16+aware", r"aware trains for whole numbers, and float16 has none"),
        ("int4+aware+untrained", r"tokens = 0 trains nothing"),
        ("../up", r"means nothing"),
        (",", r"rungs is empty"),
    ],
)
def test_what_means_nothing_is_refused(text: str, words: str) -> None:
    with pytest.raises(RecipeError, match=words):
        spelled_plan(text)
