"""Mined reviews made up from sentences of known opinions; the same seed gives the same reviews."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np

from guandian.domain import Entity, Language, Mined, Opinion, Polarity, Review, Sentiment, Span
from guandian.evaluation import PolarityRates

FAIR = PolarityRates(
    300, 1, np.array([[90, 10, 90, 10], [9, 1, 9, 1], [50, 50, 50, 5]]), np.eye(3) / 400
)
"""What a model finds and misses that sees half of the criticism."""
POS, NEG, NEU = Polarity.POSITIVE, Polarity.NEGATIVE, Polarity.NEUTRAL
MODEL = "guandian-small@1.0.0"
NAMES = {
    "performance": ("性能", "Performance"),
    "battery": ("续航", "Battery"),
    "display": ("屏幕", "Display"),
    "design": ("外观", "Design"),
    "sound": ("音质", "Sound"),
    "price": ("价格", "Price"),
    "service": ("服务", "Service"),
    "delivery": ("物流", "Delivery"),
    "comfort": ("舒适度", "Comfort"),
    "quality": ("质量", "Quality"),
    "packaging": ("包装", "Packaging"),
    "ease_of_use": ("易用性", "Ease of use"),
    "overall": ("整体", "Overall"),
}

# clause, aspect, expression, category, polarity
Clause = tuple[str, str | None, str | None, str, Polarity]
CHINESE: list[Clause] = [
    ("屏幕很清晰", "屏幕", "很清晰", "display", POS),
    ("看视频颜色特别正", "颜色", "特别正", "display", POS),
    ("晚上亮度还是太高了", "亮度", "太高", "display", NEG),
    ("电池不耐用，一天要充两次", "电池", "不耐用", "battery", NEG),
    ("续航比上一代强多了", "续航", "强多了", "battery", POS),
    ("充电速度飞快⚡", "充电速度", "飞快", "battery", POS),
    ("运行流畅，开十几个应用都不卡", "运行", "流畅", "performance", POS),
    ("打游戏半小时就发烫", None, "发烫", "performance", NEG),
    ("音质中规中矩", "音质", "中规中矩", "sound", NEU),
    ("低音很有力，听摇滚过瘾😄", "低音", "很有力", "sound", POS),
    ("降噪基本等于没有", "降噪", "基本等于没有", "sound", NEG),
    ("客服半天不回消息", "客服", "半天不回消息", "service", NEG),
    ("客服小姐姐耐心得很", "客服", "耐心得很", "service", POS),
    ("昨天下单今天就到了", None, "今天就到了", "delivery", POS),
    ("快递把盒子都压扁了", "快递", "压扁了", "delivery", NEG),
    ("这个价位真没什么可挑的", "价位", "没什么可挑的", "price", POS),
    ("刚买完就降了两百块，心疼", None, "刚买完就降了两百块", "price", NEG),
    ("戴久了耳朵疼", None, "耳朵疼", "comfort", NEG),
    ("做工扎实，没有一点松动", "做工", "扎实", "quality", POS),
    ("用了一个月按键就失灵了", "按键", "失灵了", "quality", NEG),
    ("颜值是真的高", "颜值", "真的高", "design", POS),
    ("包装很用心，送人有面子", "包装", "很用心", "packaging", POS),
    ("说明书写得云里雾里", "说明书", "云里雾里", "ease_of_use", NEG),
    ("总的来说值得入手", None, "值得入手", "overall", POS),
    ("会推荐给同事的", None, None, "overall", POS),
]
ENGLISH: list[Clause] = [
    ("the screen is gorgeous even in sunlight", "screen", "gorgeous", "display", POS),
    ("Battery life is a joke after two months", "Battery life", "a joke", "battery", NEG),
    ("it charges to 80% in half an hour", None, "80% in half an hour", "battery", POS),
    ("the Screen scratches far too easily", "Screen", "scratches far too easily", "quality", NEG),
    ("sound is okay for the size", "sound", "okay", "sound", NEU),
    ("support never answered my mail", "support", "never answered", "service", NEG),
    ("battery life easily lasts two days 🔋", "battery life", "easily lasts", "battery", POS),
    ("the app keeps logging me out", "app", "keeps logging me out", "ease_of_use", NEG),
    ("Arrived a day early", None, "a day early", "delivery", POS),
    ("worth every cent", None, "worth every cent", "price", POS),
    ("setup took me two minutes", "setup", "took me two minutes", "ease_of_use", POS),
    ("the build quality feels premium", "build quality", "premium", "quality", POS),
]
BEGINNINGS = ("", "说实话", "我觉得", "讲真", "用下来", "不得不说", "")
OPENINGS = ("", "Honestly ", "I think ", "To be fair ", "So far ", "Well, ", "")
PRODUCTS = ("星河 X2 手机", "AirTone 3 耳机", "Kite 14 笔记本")
# how likely a clause of bad news is, by product and category
GRIM = {("AirTone 3 耳机", "comfort"): 2.5, ("Kite 14 笔记本", "battery"): 2.2}


def span(text: str, words: str | None, start: int) -> Span | None:
    """Where `words` stand in `text` from `start` on."""
    if words is None:
        return None
    place = text.index(words, start)
    return Span(place, place + len(words))


def one(
    number: int, clauses: list[Clause], rng: random.Random, **fields: str
) -> tuple[Review, Mined]:
    """A review of these clauses, with its opinions; another number is another text."""
    english = clauses[0] in ENGLISH
    text, opinions = "", []
    for index, (said, aspect, expression, category, polarity) in enumerate(clauses):
        clause = (OPENINGS if english else BEGINNINGS)[(number + index) % len(OPENINGS)] + said
        text += ("" if index == 0 else ". " if english else "，") + clause
        start = len(text) - len(clause)
        found = (span(text, aspect, start), span(text, expression, start))
        confidence = round(min(0.99, max(0.2, rng.gauss(0.82, 0.14))), 3)
        tag = f"{aspect or ''}{expression or clause}" if not english else expression or clause
        opinions.append(
            Opinion(*found, Span(start, len(text)), category, polarity, confidence, tag)
        )
    balance = sum((p[4] is POS) - (p[4] is NEG) for p in clauses)
    label = POS if balance > 0 else NEG if balance < 0 else NEU
    scores = {each: 0.8 if each is label else 0.1 for each in Polarity}
    tail = f". Order {number}." if english else f"。订单 {number}。"
    review = Review(id=f"r{number}", text=text + tail, **fields)
    sentiment = Sentiment(label, scores[NEG], scores[NEU], scores[POS])
    language = Language.ENGLISH if english else Language.CHINESE
    entities: tuple[Entity, ...] = ()
    return review, Mined(review.id, language, sentiment, tuple(opinions), entities, (), MODEL)


def reviews(
    number: int, seed: int = 1, days: int = 400, english: float = 0.3
) -> Iterator[tuple[Review, Mined]]:
    """Mined reviews of three products over some days, deterministic."""
    rng = random.Random(seed)
    for index in range(number):
        pool = ENGLISH if rng.random() < english else CHINESE
        product = rng.choice(PRODUCTS)
        day = date(2024, 3, 1) + timedelta(days=rng.randrange(days))
        slump = 1.8 if day > date(2024, 11, 1) else 1.0
        weights = [
            GRIM.get((product, clause[3]), 1.0)
            * (slump if clause[3] in {"service", "delivery"} else 1)
            if clause[4] is NEG
            else 1.0
            for clause in pool
        ]
        clauses: list[Clause] = []
        for clause in rng.choices(pool, weights, k=rng.choice([1, 1, 2, 3, 4])):
            if clause not in clauses:
                clauses.append(clause)
        yield one(index, clauses, rng, product=product, time=day.isoformat())
