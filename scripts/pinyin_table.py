"""Writes the readings of the characters of GB 2312, so that serving needs no pypinyin.

    python scripts/pinyin_table.py

The first reading is pypinyin's (MIT licence), tones aside; others that reviews need stand below.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from pypinyin import lazy_pinyin

TARGET = Path(__file__).parent.parent / "src" / "guandian" / "text" / "disguises" / "pinyin.txt"
OTHERS = {
    "行": "xing hang", "长": "chang zhang", "重": "zhong chong", "乐": "le yue", "还": "hai huan",
    "都": "dou du", "得": "de dei", "了": "le liao", "地": "di de", "着": "zhe zhao zhuo",
    "差": "cha chai", "会": "hui kuai", "觉": "jue jiao", "便": "bian pian", "大": "da dai",
    "单": "dan shan", "弹": "dan tan", "调": "diao tiao", "降": "jiang xiang", "角": "jiao jue",
    "落": "luo la", "没": "mei mo", "率": "lv shuai", "强": "qiang jiang", "色": "se shai",
    "省": "sheng xing", "说": "shuo shui", "系": "xi ji", "吓": "xia he", "血": "xue xie",
    "折": "zhe she", "薄": "bo bao", "剥": "bo bao", "壳": "ke qiao", "露": "lu lou",
    "熟": "shu shou", "给": "gei ji", "削": "xiao xue", "粘": "zhan nian", "卡": "ka qia",
    "传": "chuan zhuan", "藏": "cang zang", "朝": "chao zhao", "盛": "sheng cheng",
    "曾": "ceng zeng", "参": "can shen", "校": "xiao jiao", "解": "jie xie", "车": "che ju",
}  # fmt: skip


def main() -> None:
    """Write the table: a syllable, then the characters that are read so."""
    cells = (bytes((row, cell)) for row in range(0xB0, 0xF8) for cell in range(0xA1, 0xFF))
    characters = [code.decode("gb2312", errors="ignore") for code in cells]
    table: defaultdict[str, list[str]] = defaultdict(list)
    for character in filter(None, characters):
        for reading in OTHERS.get(character, lazy_pinyin(character)[0]).split():
            table[reading].append(character)
    lines = [f"{reading} {''.join(table[reading])}" for reading in sorted(table)]
    head = "# Readings of the characters of GB 2312; written by scripts/pinyin_table.py"
    TARGET.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    print(f"{len(table)} readings -> {TARGET}")


if __name__ == "__main__":
    main()
