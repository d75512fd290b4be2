import subprocess
import sys

import pytest

from guandian.domain import Language
from guandian.text.language import language


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("屏幕很清晰，但是电池不耐用😀", "zh"),
        ("送的office很好用，也好激活，特别漂亮轻薄😀", "zh"),
        ("颜值の担当😀", "zh"),
        ("i7-9750H 8G 1T，玩游戏很流畅😀", "zh"),
        ("Great phone, but the battery dies by noon 😀", "en"),
        ("ok 😀", "en"),
        ("A+", "en"),
        ("Bought it for my mom who can't read 中文 well 😀", "en"),
        ("iPhone15的屏幕不错but电池不行😀", "mixed"),
        ("这个 case is really good 手感不错 and cheap 😀", "mixed"),
        ("画面がとても綺麗です。バッテリーは普通😀", "other"),
        ("화면이 정말 좋아요 😀", "other"),
        ("Экран хороший, а батарея слабая 😀", "other"),
        ("الشاشة ممتازة 😀", "other"),
        ("La pantalla es muy buena pero la batería dura muy poco 😀", "other"),
        ("Sehr gute Verarbeitung, leider hält der Akku nicht lange 😀", "other"),
        ("😀😀👍", "other"),
        ("。。。？！123", "other"),
        ("", "other"),
    ],
)
def test_language(text: str, expected: str) -> None:
    assert language(text) == Language(expected)


def test_common_texts_do_not_load_the_identifier() -> None:
    code = (
        "import sys; from guandian.text.language import language\n"
        "assert language('屏幕好😀') == 'zh'\n"
        "assert language('The screen is great and the price is fair 😀') == 'en'\n"
        "assert 'py3langid' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
