"""Learn what marks abusive Chinese texts, and tell how well: `assets/abuse/zh.safetensors`.

    python scripts/train_abuse.py FOLDER [--write]

FOLDER holds the train.csv and dev.csv of COLD (Deng et al. 2022, EMNLP; thu-coai/COLDataset,
Apache-2.0). The texts of `data/guandian_written` (the project's own, CC BY 4.0) are learned from as
reviews that insult nobody. Nothing of COLD's texts is written anywhere.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score

from guandian.assets import assets
from guandian.mining.abuse.abuse_detector import THRESHOLD, WIDTH, AbuseDetector, abuse_grams

ROOT = Path(__file__).resolve().parent.parent
AGAINST = re.compile(
    "歧视|偏见|刻板|平等|尊重|地域黑|一棍子|以偏概全|不要.{0,6}(?:黑|骂)|都是人|哪里都有|包容|理解"
)
"""Words of texts that speak of prejudice: those that fight it are rare in COLD and count more."""
TIMES, FREEDOM = 10.0, 10.0
"""What such a text without abuse counts, and the inverse of the penalty; chosen on a tenth of the
train part (seed 1)."""


def read(path: Path) -> tuple[list[str], np.ndarray]:
    """Texts, and whether they are abusive."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    return [row["TEXT"] for row in rows], np.array([int(row["label"]) for row in rows])


GROUPS = """
河南人 东北人 上海人 广东人 新疆人 台湾人 黑人 白人 亚洲人 女人 男人 女生 女司机 外地人
农村人 乡下人 少数民族 回族
"""
FIGHTS = """
不要歧视{} {}也是人 别黑{}了 说{}不好的都是偏见 请尊重{} 对{}的刻板印象该改改了 {}里有好人也有坏人
不能一棍子打死所有{} 地域黑和骂{}的人都省省吧 凭什么看不起{} 我身边的{}都很好，别以偏概全
拿{}开这种玩笑一点都不好笑
"""
THINGS = """
屏幕 电池 包装 味道 物流 客服 质量 衣服 手机 菜 面 洗发水 做工 颜色 商家 店家 快递
电脑 软件 产品 东西
"""
HARSH = """
{}太恶心了 {}真垃圾 {}，垃圾中的垃圾 {}就是骗子 {}坑人 {}烂透了 {}恶心死了 {}臭死了 {}丑死了
{}黑乎乎的 {}态度恶劣 {}气死我了 {}骗钱的 {}差评，垃圾！ {}难吃得要死 {}让人恶心 垃圾{}，差评！
骗人的{}，两天就坏 恶心的{} 垃圾，真的是垃圾{}！
"""
"""Written for this: harsh words of things are complaints, and insult nobody."""


def reviews() -> list[str]:
    """The project's own reviews and sentences, none of which is abusive."""
    own = [frame.format(group) for frame in FIGHTS.split() for group in GROUPS.split()]
    own += [words.format(thing) for thing in THINGS.split() for words in HARSH.split()]
    for name in ("written", "hard", "contrast"):
        for file in sorted((ROOT / "data" / f"guandian_{name}").glob("train*.jsonl")):
            own += [json.loads(line)["text"] for line in file.read_text("utf-8").splitlines()]
    return own


def matrix(texts: list[str]) -> csr_matrix:
    """N-grams [texts, WIDTH]."""
    grams = abuse_grams(texts)
    return csr_matrix((grams.value, (grams.row, grams.column)), shape=(grams.rows, WIDTH))


def fit(texts: list[str], labels: np.ndarray, times: float, freedom: float) -> AbuseDetector:
    """Learn from texts, those against prejudice counted `times`."""
    against = np.array([bool(AGAINST.search(text)) for text in texts])
    weights = np.where(against & (labels == 0), times, 1.0)
    model = LogisticRegression(C=freedom, max_iter=400)
    model.fit(matrix(texts), labels, sample_weight=weights)
    return AbuseDetector.of(model.coef_[0], float(model.intercept_[0]), {})


def figures(detector: AbuseDetector, texts: list[str], labels: np.ndarray) -> dict[str, float]:
    """Macro F1, and how texts that speak of prejudice fare."""
    said = detector.probabilities(texts) >= THRESHOLD
    against = np.array([bool(AGAINST.search(text)) for text in texts])
    safe, abusive = against & (labels == 0), against & (labels == 1)
    return {
        "macro_f1": round(float(f1_score(labels, said, average="macro")), 4),
        "texts": len(texts),
        "of_prejudice_and_safe": int(safe.sum()),
        "of_these_left_alone": round(float(1 - said[safe].mean()), 4),
        "of_prejudice_and_abusive": int(abusive.sum()),
        "of_these_marked": round(float(said[abusive].mean()), 4),
    }


def main() -> None:
    """Learn, tell and perhaps write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--choose", action="store_true", help="try settings on a tenth of train")
    options = parser.parse_args()
    texts, labels = read(options.folder / "train.csv")
    own = reviews()
    if options.choose:
        order = np.random.default_rng(1).permutation(len(texts))
        held, rest = order[: len(order) // 10], order[len(order) // 10 :]
        learned = [texts[k] for k in rest] + own
        known = np.concatenate([labels[rest], np.zeros(len(own), dtype=int)])
        for times in (1.0, 3.0, 6.0, 10.0):
            detector = fit(learned, known, times, FREEDOM)
            print(times, figures(detector, [texts[k] for k in held], labels[held]))
        return
    known = np.concatenate([labels, np.zeros(len(own), dtype=int)])
    detector = fit(texts + own, known, TIMES, FREEDOM)
    dev = figures(detector, *read(options.folder / "dev.csv"))
    plain = fit(texts, labels, 1.0, FREEDOM)
    print("floor", figures(plain, *read(options.folder / "dev.csv")))
    print("dev", dev)
    about = {
        "data": "COLD (Deng et al. 2022, thu-coai/COLDataset a0c55a94), train part",
        "licence": "Apache-2.0",
        "besides": "data/guandian_written of this project, CC BY 4.0",
        "dev": dev,
    }
    if options.write:
        target = assets() / "abuse" / "zh.safetensors"
        target.parent.mkdir(exist_ok=True)
        AbuseDetector(detector.weights, detector.scale, detector.bias, about).save(target)
        print(target, target.stat().st_size)


if __name__ == "__main__":
    main()
