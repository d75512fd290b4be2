"""What stands beside the opinions: set aside, silent, copied, stars, one name, filters."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from rich.console import RenderableType
from tests.report.printing import printed as in_terminal

from guandian.domain import Mined, Opinion, Polarity, Review, Span
from guandian.errors import GuandianError
from guandian.files.columns.stars import Stars
from guandian.mining.boilerplate import SET_ASIDE
from guandian.mining.miner import NO_JUDGEMENT
from guandian.report import (
    Aggregate,
    Filter,
    MiningRun,
    aggregate,
    summary_fragment,
    summary_table,
    synonyms,
)
from guandian.report.mined.figures import net_points
from guandian.report.mined.payload import payload
from guandian.report.mined.remarks import aggregate_remarks
from guandian.report.mined.standing_out import standouts
from guandian.text.copied_texts import Copies

from .mined import CHINESE, NAMES, NEG, POS, reviews
from .mined import one as a_review

Pair = tuple[Review, Mined]


def printed(what: RenderableType) -> str:
    return in_terminal(what, 400)


def aside(number: int) -> Iterator[Pair]:
    for review, mined in reviews(number, seed=9):
        yield (
            replace(review, id=f"a{review.id}", text="系统默认好评", rating=5.0),
            replace(mined, review_id=f"a{review.id}", opinions=(), warnings=(SET_ASIDE,)),
        )


def test_what_is_set_aside_counts_in_no_share() -> None:
    plain = aggregate(reviews(50))
    total = aggregate([*reviews(50), *aside(30)])
    assert (total.reviews, total.read, total.aside) == (80, 50, {SET_ASIDE: 30})
    assert total.sentiment == plain.sentiment
    assert total.of_reviews() == plain.of_reviews()
    assert total.stars.number == 0 == total.copies.repeated == total.silent
    assert [(key, cell.seen) for key, cell in total.products.ranked()] == [
        (key, cell.seen) for key, cell in plain.products.ranked()
    ]


def test_reviews_without_an_opinion_are_told_with_an_interval() -> None:
    given = [(r, replace(m, opinions=()) if i < 15 else m) for i, (r, m) in enumerate(reviews(60))]
    total = aggregate(given)
    share = total.without_opinion()
    assert total.silent == 15 and share
    assert (share.value, round(share.low, 3), round(share.high, 3)) == (0.25, 0.158, 0.372)
    none = aggregate(reviews(20)).without_opinion()
    assert none and none.value == none.low == 0 < none.high


def test_pasted_texts_are_counted_and_shown() -> None:
    copies = Copies()
    pasted, short = "质量非常好，与描述一致，很满意", "很好"
    fresh = [
        copies.add(text)
        for text in [pasted, short, short, f" {pasted} ", "别的评论写得长一点", pasted]
    ]
    assert fresh == [True, True, True, False, True, False]
    assert (copies.repeated, copies.pasted()) == (2, [(pasted, 3)])
    assert copies.most == (pasted, 3)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("质量很好，物流很快！", "质量很好物流很快 👍👍"),
        ("ＧＯＯＤ phone, works as it should", "good phone - works as it should!!!"),
        ("非常好用，\n推荐给大家", "非常好用 推荐给大家…"),
    ],
)
def test_width_case_signs_and_blanks_make_no_other_text(one: str, other: str) -> None:
    copies = Copies()
    assert (copies.add(one), copies.add(other)) == (True, False)
    assert copies.add(f"{one} 但是电池不耐用") and copies.add(other, among="手机")


def test_a_short_text_counts_as_often_as_people_may_write_it() -> None:
    copies = Copies()
    for number in range(300):
        copies.add(f"第{number}条评论，写得各不相同")
    assert sum(copies.add("很好用") for _ in range(500)) == 15  # one in twenty
    assert copies.repeated == 485 and copies.most == ("很好用", 500)
    few = Copies()
    assert [few.add("👍") for _ in range(12)] == [True] * 10 + [False] * 2


PRAISE = "质量非常好，与描述一致，五星好评😀"


def of_columns(number: int, **columns: str) -> Pair:
    """A mined review of several columns, with an opinion in each."""
    text, spans = "\n".join(columns.values()), dict[str, Span]()
    start = 0
    for name, one in columns.items():
        spans[name] = Span(start, start + len(one))
        start += len(one) + 1
    opinions = tuple(
        Opinion(None, None, span, "quality", POS if "好" in span.of(text) else NEG, 0.9, "")
        for span in spans.values()
    )
    _, mined = a_review(number, CHINESE[:1], random.Random(number))
    review = Review(f"c{number}", text, product=f"杯{number % 2}", rating=5, parts=spans)
    return review, replace(mined, review_id=review.id, opinions=opinions, warnings=())


def test_a_pasted_column_counts_once_and_the_others_each_time() -> None:
    total = aggregate(
        of_columns(n, 初评=PRAISE, 追评=f"盖子用了{'一二三四五六七八九十'[n]}天就漏水")
        for n in range(10)
    )
    assert (total.read, total.copies.repeated, total.copies.parted) == (10, 0, 9)
    assert (total.whole.tally.positive, total.whole.tally.negative) == (1, 10)
    assert total.with_copies().positive == 10 and total.stars.number == 10
    assert total.sentiment.total() == 1  # the others' was made by the pasted column too
    assert total.copies.most == (PRAISE, 10) and total.copies.pasted() == [(PRAISE, 10)]
    assert [cell.tally.positive for _, cell in total.products.ranked()] == [1, 1]
    (told,) = aggregate_remarks(total, None)
    assert told.zh.startswith("9 条评论有一列照抄") and "9 reviews have a column" in told.en


def test_a_body_under_several_headlines_is_one_copied_text() -> None:
    headlines = ["", "标题甲", "标题乙", "标题丙"] * 10
    columns = ({"title": title, "body": PRAISE} for title in headlines)
    copies = aggregate(
        of_columns(n, **{k: v for k, v in one.items() if v}) for n, one in enumerate(columns)
    ).copies
    assert (copies.repeated, copies.parted, copies.most) == (36, 3, (PRAISE, 40))
    assert copies.pasted() == [(PRAISE, 40)]
    same = aggregate(of_columns(n, title="同一标题", body=PRAISE) for n in range(5)).copies
    assert same.pasted() == [(f"同一标题 {PRAISE}", 5)] and same.most == same.pasted()[0]


def test_a_review_is_a_copy_where_no_other_column_judges() -> None:
    review, mined = of_columns(1, title="标题很特别", body=PRAISE)
    alone = replace(mined, opinions=mined.opinions[1:])
    total = aggregate([of_columns(0, body=PRAISE), (review, alone)])
    assert (total.read, total.copies.repeated, total.copies.parted) == (1, 1, 0)


def test_short_columns_and_equal_columns_of_one_review_are_no_copies() -> None:
    total = aggregate(
        of_columns(n, title="很好", body=f"第{n}条评论，写得好，各不相同") for n in range(60)
    )
    assert (total.whole.tally.positive, total.copies.most) == (120, None)
    twice = aggregate([of_columns(1, title=PRAISE, body=PRAISE)])
    assert twice.copies.parted == twice.copies.repeated == 0
    marked = aggregate([of_columns(1, title=f"{PRAISE}！", body=PRAISE)])
    assert marked.copies.parted == marked.copies.repeated == 0


@pytest.mark.parametrize("other", ["非常好用", "非常好用！！", "很满意"])
def test_short_columns_make_no_long_review(other: str) -> None:
    many = [of_columns(n, title=f"第{n}条评论的标题", body=f"内容{n}也各不相同") for n in range(40)]
    short = [of_columns(n, title="非常好用", body=other) for n in range(8)]
    total = aggregate([*many, *short])
    assert (total.copies.repeated, total.copies.most) == (0, None)
    same = [of_columns(n, title=PRAISE, body=PRAISE) for n in range(8)]
    assert aggregate([*many, *same]).copies.repeated == 7


def test_a_filter_of_opinions_changes_nothing_of_whole_reviews() -> None:
    unsure = []
    for n in range(10):
        review, mined = of_columns(
            n, 初评=PRAISE, 追评=f"盖子用了{'一二三四五六七八九十'[n]}天就漏水"
        )
        first, second = mined.opinions
        unsure.append((review, replace(mined, opinions=(first, replace(second, confidence=0.3)))))
    every, sure = Aggregate(), Aggregate(least=0.5)
    for review, mined in unsure:
        every.add(review, mined)
        sure.add(review, mined)
    assert (sure.whole.tally.positive, sure.whole.tally.negative) == (1, 0)
    assert (every.whole.tally.positive, every.whole.tally.negative) == (1, 10)
    assert (sure.read, sure.copies.repeated, sure.copies.parted, sure.silent) == (10, 0, 9, 0)
    assert every.of_reviews() == sure.of_reviews()
    assert every.stars.number == sure.stars.number == 10
    assert every.products.at("杯1").seen == sure.products.at("杯1").seen == 5


def test_copies_are_counted_in_bounded_memory() -> None:
    copies = Copies(limit=50)
    for number in range(1000):
        copies.add(f"第{number}条评论，各不相同，写得很长")
        copies.add("每条之后都有这一句，一模一样的广告")
    assert len(copies._counts) < 100
    assert copies.pasted() == [("每条之后都有这一句，一模一样的广告", 1000)]


def pasted(number: int, **fields: Any) -> list[Pair]:
    """One praise, pasted so often."""
    dice = random.Random(3)
    praise = [clause for clause in CHINESE if clause[3] in {"display", "packaging", "overall"}]
    review, mined = a_review(7777, [each for each in praise if each[4] is POS][:4], dice)
    return [
        (replace(review, id=f"p{n}", **fields), replace(mined, review_id=f"p{n}"))
        for n in range(number)
    ]


def test_five_hundred_copies_count_once() -> None:
    """The headline is that of the real reviews, and what the copies would make of it is told."""
    real = list(reviews(300))
    plain, total = aggregate([*real, *pasted(1)]), aggregate([*real, *pasted(500)])
    assert (total.reviews, total.read, total.copies.repeated) == (800, 301, 499)
    assert total.share_copied() == pytest.approx(499 / 800)
    assert total.whole.tally == plain.whole.tally
    assert total.of_reviews() == plain.of_reviews()
    assert [(key, cell.tally) for key, cell in total.categories.ranked()] == [
        (key, cell.tally) for key, cell in plain.categories.ranked()
    ]
    assert standouts(total, 10) == standouts(plain, 10)
    net, every = total.whole.tally.net(), total.with_copies().net()
    assert net and every and every.value > net.value + 0.5
    assert total.with_copies().opinions == total.whole.tally.opinions + 499 * 4


def test_the_order_of_the_file_does_not_matter_to_copies() -> None:
    both = [*reviews(300), *pasted(500)]
    turned = aggregate(reversed(both))
    assert turned.whole.tally == aggregate(both).whole.tally
    assert turned.copies.most == aggregate(both).copies.most


def test_a_text_counts_once_for_each_product() -> None:
    given = [*pasted(20, product="甲"), *pasted(30, product="乙"), *reviews(50)]
    total = aggregate(given)
    assert total.read == 51
    assert (total.products.at("甲").seen, total.products.at("乙").seen) == (1, 1)
    assert total.products.at("乙").tally.opinions == 4


def test_copies_and_ratings_not_read_are_told_wherever_a_summary_is() -> None:
    odd = [
        (replace(r, unread={"rating": "打分"}, extra={"打分": "凑合"}), m)
        for r, m in reviews(3, seed=8)
    ]
    total = aggregate([*reviews(300), *pasted(500), *odd])
    told = {
        "terminal": printed(summary_table(total, NAMES)),
        "notebook": summary_fragment(total, NAMES),
    }
    with_copies = total.with_copies().net()
    assert with_copies
    with_copies_opinions = total.with_copies().opinions
    for place, text in told.items():
        for words in (
            "499 条评论（62.1 %）照抄别的评论，不计入", "499 reviews (62.1 %) are copies of others",
            "出现 500 次", "stands 500 times", f"净情感为 {net_points(with_copies.value)}",
            f"{with_copies_opinions:,} opinions and a net of",
            "3 个评分读不成星级，如“凑合”", "3 ratings could not be read",
        ):  # fmt: skip
            assert words in text.replace("\n", ""), (place, words)
    data = payload(total, NAMES)
    assert data["copies"]["most"][1] == 500 and data["copies"]["repeated"] == 499
    assert data["copies"]["net"]["found"] == pytest.approx(with_copies.value, abs=1e-4)
    assert data["notes"]["unread_stars"] == [3, "凑合"]
    assert aggregate_remarks(aggregate(reviews(20)), None) == []


def test_what_a_summary_counts_has_one_name_and_one_number() -> None:
    """What is set aside, silent or copied is no warning besides, under another name."""
    silent = [
        (replace(r, id=f"s{r.id}"), replace(m, opinions=(), warnings=(NO_JUDGEMENT,)))
        for r, m in reviews(12, seed=4)
    ]
    total = aggregate([*reviews(50), *aside(30), *pasted(5), *silent])
    assert total.warnings == {}
    text = " ".join(printed(summary_table(total, NAMES, MiningRun(1.0, 1, 97))).split())
    for words in ("12 条没有观点", "30 条搁置 set aside (30 条平台代写 filler)", "4 条照抄 copies"):
        assert words in text
    for words in ("搁置", "代写", "没有观点", "照抄别的"):
        assert text.count(words) == 1
    assert "duplicates" not in text and "重复" not in text


@pytest.mark.parametrize(
    ("ratings", "scale", "kinds"),
    [
        ([5, 4, 3, 2, 1], 5, (2, 2, 1)),
        ([10, 8, 6, 4], 10, (2, 1, 1)),
        ([100, 50, 10], 100, (1, 1, 1)),
        ([0, 1, 1], 1, (2, 1, 0)),
        ([1, 1, 1], 5, (0, 3, 0)),
        ([4.5, 2.5], 5, (1, 0, 1)),
        ([0.8, 1, 0.4, 0.6], 1, (2, 1, 1)),
        ([0.5, 1], 5, (0, 2, 0)),
    ],
)
def test_stars_of_any_scale(
    ratings: list[float], scale: float, kinds: tuple[int, int, int]
) -> None:
    stars = Stars()
    for rating in [*ratings, None, -3, 1e9, float("nan")]:
        stars.add(rating)
    assert (stars.number, stars.scale, stars.by_kind(), stars.unread) == (
        len(ratings),
        scale,
        kinds,
        3,
    )


@pytest.mark.parametrize(
    ("strays", "bulk"), [([45.0], 5), ([6.0], 5), ([6.0, 45.0, 90.0], 5), ([45.0], 10)]
)
def test_a_typing_error_moves_no_scale(strays: list[float], bulk: float) -> None:
    stars = Stars()
    for rating in [bulk, 0.8 * bulk, 0.2 * bulk] * 10:
        stars.add(float(rating))
    kinds, mean = stars.by_kind(), stars.mean()
    for rating in strays:
        stars.add(rating)
    assert (stars.by_kind(), stars.mean(), stars.scale) == (kinds, mean, bulk)
    assert (stars.unread, stars.example) == (len(strays), f"{strays[0]:g}")


def test_each_rating_is_read_by_the_scale_that_is_stated() -> None:
    stars = Stars()
    for value, best in [(4, 5), (5, 5), (3, 5), (9, 10), (90, 100), (1, 10), (5, None), (1, 1)]:
        stars.add(float(value), best)
    assert (stars.scale, stars.number, stars.by_kind()) == (5, 8, (6, 1, 1))
    mean = stars.mean()
    assert mean and mean.value == pytest.approx((4 + 5 + 3 + 4.5 + 4.5 + 0.5 + 5 + 5) / 8)


def test_a_mean_of_stars_is_never_sure() -> None:
    stars = Stars()
    for _ in range(8):
        stars.add(5.0)
    mean, net = stars.mean(), stars.net()
    assert mean and net
    assert mean.value == mean.high == 5 and 3 < mean.low < 4.9
    assert net.value == net.high == 1 and 0 < net.low < 0.9
    assert Stars().mean() is None and Stars().net() is None


def test_names_of_one_thing_meet_in_both_languages() -> None:
    known = synonyms()
    for one, other in [
        ("物流", "快递"),
        ("battery", "电池"),
        ("屏幕", "screen"),
        ("delivery", "物流"),
        ("價格", "price"),
        ("广告", "ads"),
        ("登录", "login"),
        ("盖子", "lid"),
        ("退货客服", "客服态度"),
    ]:
        first, second = (known.get(each, each) for each in (one.replace("價", "价"), other))
        assert first == second, (one, other)
    assert known["屏幕"] != known["电池"] and "鱼竿" not in known


SAME = """
包装, 盒子, 箱子, 外箱, 包装盒, 快递盒, cardboard box, outer packaging
物流, 物流速度, 送达时间, 派件, deliveries, shipping times
快递员, 外卖小哥, couriers
客服, 智能客服, live chat
售后, 售后态度, aftersales
服务, 服务意识, 态度, service quality
服务员, 服务生, staff members
卖家, 老板娘, store owner
安装, 组装, assembly
价格, 收费, 费用, price range
性价比, cost-effectiveness
运费, delivery charge
退货, return policy
质量, 品控, quality control
做工, finishing
外观, exterior look
颜色, 色号, shades
大小, 个头, 规格, sizes
重量, heft
功能, functionalities
电池, 锂电池, battery health
续航, 待机能力, battery-life, runtime
充电, 闪充, charge time
充电器, 快充头, charging brick
屏幕, 触屏, 显示效果, lcd display
键盘, keypad
散热, thermals
噪音, 静音效果, 异响, motor noise
音质, 音色, sound
音量, 响度, volume level
耳机, 蓝牙耳机, ear buds
摄像头, 前摄, webcam
拍照, 夜拍, pics
速度, 响应, responsiveness
软件, 小程序, mobile app
更新, 系统升级, firmware update
闪退, app闪退, crashed
菜, 餐食, food quality
分量, 份量, servings
环境, 装潢, vibe
卫生, 整洁度, tidiness
位置, locations
前台, receptionist
油耗, 省油, fuel efficiency
老师, 教练, instructor
医生, 大夫, doctors
排队, 等位, wait times
舒适度, 佩戴感, comfort
耐用性, 寿命, lifespan
保质期, expiry date
"""
APART = """
屏幕, 屏保, 屏幕膜
电池, 充电器, 电池盖
充电, 充电口, 充电器
音质, 音量, 低音
内存, 存储空间
噪音, 胎噪, 风噪
包装, 说明书, 赠品
服务, 服务员, 客服, 售后
把手, 手柄
鱼, 虾, 牛肉
座椅, 鞍座
延迟, 卡顿, 速度
卖家, 厂家
材质, 面料, 皮质
尺码, 大小
味道, 气味, 香味
"""


@pytest.mark.parametrize("line", SAME.strip().splitlines())
def test_the_names_of_one_thing_meet(line: str) -> None:
    known = synonyms()
    assert len({known[name] for name in line.split(", ")}) == 1


@pytest.mark.parametrize("line", APART.strip().splitlines())
def test_what_differs_stays_apart(line: str) -> None:
    known, names = synonyms(), line.split(", ")
    assert len({known.get(name, name) for name in names}) == len(names)


def test_a_name_of_the_shipped_list_means_one_thing() -> None:
    lines = files("guandian.text").joinpath("synonyms.txt").read_text("utf-8").splitlines()
    names = [name.strip() for line in lines if line[:2] != "//" for name in line.split(",")]
    names = [name for name in names if name]
    assert len(names) > 1500 and [name for name, n in Counter(names).items() if n > 1] == []


def test_aspects_under_one_name_are_one_row() -> None:
    given = []
    for index, (word, (review, mined)) in enumerate(
        zip(
            ["物流", "快递", "快递", "shipping", "shipping", "shipping", "屏幕"],
            reviews(90),
            strict=False,
        )
    ):
        opinion = replace(mined.opinions[0], aspect=mined.opinions[0].evidence)
        end = opinion.evidence.start + len(word)
        text = review.text[: opinion.evidence.start] + word + review.text[opinion.evidence.start :]
        opinion = replace(opinion, aspect=replace(opinion.evidence, end=end), expression=None)
        given.append(
            (replace(review, id=str(index), text=text), replace(mined, opinions=(opinion,)))
        )
    total = aggregate(given)
    (key, cell), (other, _) = total.aspects.ranked()
    assert cell.tally.opinions == 6
    assert (total.spelling(key), total.spellings(key)) == ("快递", ["物流", "shipping"]), (
        "a Chinese name"
    )
    assert total.spelling(other) == "屏幕"


def test_a_person_joins_and_parts_names(tmp_path: Path) -> None:
    own = tmp_path / "own.txt"
    own.write_text("// ours\n物流，派件\n快递\n奶嘴, teat\n", encoding="utf-8")
    known = synonyms(own)
    assert known["派件"] == known["物流"] == known["delivery"] != known["快递"]
    assert known["奶嘴"] == known["teat"]
    with pytest.raises(GuandianError, match="cannot read the list of synonyms"):
        synonyms(tmp_path / "none.txt")


def test_a_filter_keeps_what_was_asked_for() -> None:
    given = list(reviews(200))
    product = given[0][0].product or ""
    kept = list(Filter(0.8, (product,), date(2024, 5, 1), date(2024, 9, 30), "屏幕").keep(given))
    assert kept
    for review, mined in kept:
        assert review.product == product and "屏幕" in review.text
        assert "2024-05-01" <= (review.time or "") <= "2024-09-30"
        assert (review, mined) in given
    assert list(Filter().keep(given)) == given
    undated = [(replace(given[0][0], time="昨天"), given[0][1])]
    assert list(Filter(since=date(2020, 1, 1)).keep(undated)) == []
    assert Filter(0.8, containing="ＡＰＰ").told() == (
        ("confidence", "0.8"),
        ("containing", "ＡＰＰ"),
    )


def test_the_neutral_whole_has_its_interval_too() -> None:
    neutral = [
        (r, replace(m, sentiment=replace(m.sentiment, label=Polarity.NEUTRAL)))
        for r, m in reviews(12)
    ]
    net = aggregate(neutral).of_reviews()
    assert net and net.value == 0 and net.low < -0.3 and net.high > 0.3


def test_a_review_that_holds_most_opinions_is_told_wherever_a_summary_is() -> None:
    given = [pair for pair in reviews(60) if pair[1].opinions]
    review, mined = given[0]
    many = replace(mined, opinions=mined.opinions[:1] * 600)
    plain, total = aggregate(given), aggregate([(review, many), *given[1:]])
    assert not any("hold most opinions" in name.en for name in aggregate_remarks(plain, None))
    (told,) = (name for name in aggregate_remarks(total, None) if "hold most opinions" in name.en)
    tally = total.whole.tally
    assert f"{tally.reviews} reviews with opinions weigh as {tally.effective:.1f}" in told.en
    assert "hold most opinions" in printed(summary_table(total, {}))
    notes = [payload(each, NAMES)["notes"] for each in (plain, total)]
    assert notes[0]["dominated"] is None
    assert notes[1]["dominated"] == [tally.reviews, round(tally.effective, 1)]
