"""Headlines that nobody published: written for this project, of companies that do not exist."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

BAD: dict[str, tuple[str, ...]] = {
    "earnings": (
        "{c}：预计上半年亏损{a}至{b}",
        "{c}：三季报净利同比下降{p}%",
        "{c}业绩快报：营收下滑{p}%，由盈转亏",
        "{c}：大幅下修全年业绩预告，预亏{b}",
        "{c}：半年报净利预降{p}%，毛利率走低",
        "{c}：一季度销量同比减少{p}%",
    ),
    "debt": (
        "{c}：{a}公司债券未能按期兑付",
        "{c}：控股股东所质押{n}万股触及平仓线",
        "{c}：银行贷款{a}逾期，部分账户被冻结",
        "{c}：第二大股东{n}万股被轮候冻结",
        "{c}：为关联方担保{a}，面临代偿",
        "{c}：定增募资{b}事项终止",
    ),
    "regulation": (
        "{c}：信披违规，收到交易所监管函",
        "{c}：因环保问题被罚款{n}万元",
        "{c}：被证监局出具警示函",
        "{c}：新药上市申请未获批准",
        "{c}：被责令暂停新增业务{m}个月",
        "{c}：年报遭交易所问询，要求说明{a}应收款",
    ),
    "fraud": (
        "{c}：因涉嫌信息披露违法被立案调查",
        "{c}：虚增利润{a}，多名责任人被查",
        "{c}：实控人涉嫌内幕交易被批捕",
        "{c}：大股东违规占用资金{b}",
        "{c}：遭供应商起诉，索赔{n}万元",
        "{c}：子公司存单{a}去向不明，已报案",
    ),
    "management": (
        "{c}：董事长辞职，公司暂无继任人选",
        "{c}：总经理因个人原因离任",
        "{c}：财务总监失联，董事会紧急开会",
        "{c}：{m}名独立董事同日辞任",
        "{c}：副总裁被免职，高管团队动荡",
        "{c}：终止股权激励计划，注销{n}万份期权",
    ),
    "accident": (
        "{c}：生产车间发生火灾，损失约{n}万元",
        "{c}：化工园区爆炸致{m}人受伤，全线停产",
        "{c}：召回{n}台存在起火隐患的产品",
        "{c}：矿井透水事故，{m}人被困",
        "{c}：污水泄漏，工厂被要求停产整改",
        "{c}：仓库坍塌致{m}人遇难",
    ),
    "merger": (
        "{c}：终止收购{d}{p}%股权",
        "{c}：重大资产重组未获通过",
        "{c}：撤回发行股份购买资产申请",
        "{c}：{b}出售亏损子公司告吹",
        "{c}：控股权转让协议解除",
        "{c}：与{d}合并谈判破裂",
    ),
    "market": (
        "{c}：股东拟{m}个月内减持不超{p}%股份",
        "{c}：总经理减持套现{n}万元",
        "{c}：股票连续跌停，提示异常波动风险",
        "{c}：{n}万股限售股解禁",
        "{c}：存在被暂停上市的风险",
        "{c}：控股股东完成减持{n}万股",
    ),
    "business": (
        "{c}：{b}海外订单被取消",
        "{c}：与{d}的供货合同提前终止",
        "{c}：投资{a}的新项目延期投产",
        "{c}：失去最大客户{d}",
        "{c}：中标项目{a}被废标",
        "{c}：关闭{m}家子公司门店",
    ),
}  # fmt: skip
"""By topic, what is bad news; `c`, `d` companies, `a`, `b` amounts, `n`, `m`, `p` numbers."""
GOOD: dict[str, tuple[str, ...]] = {
    "earnings": ("{c}：上半年净利同比增{p}%", "{c}：年报拟10派{m}元"),
    "debt": ("{c}：{a}可转债获准发行", "{c}：提前归还银行贷款{b}"),
    "regulation": ("{c}：取得三类医疗器械注册证", "{c}：获准设立海外分行"),
    "management": ("{c}：推出第{m}期员工持股计划", "{c}：聘任{d}前总裁任总经理"),
    "merger": ("{c}：拟{b}收购{d}全部股权", "{c}：重组获无条件通过"),
    "market": ("{c}：控股股东拟增持不低于{n}万元", "{c}：拟回购{a}至{b}股份"),
    "business": ("{c}：中标{b}轨道交通项目", "{c}：与{d}签署战略合作协议"),
}
_FIRST, _SECOND = "云岭海川星河恒远泰安金穗青禾瑞丰", "新材股份医药科技重工能源电子食品"


@dataclass(frozen=True, slots=True)
class MadeHeadline:
    """A headline with what it is."""

    text: str
    topic: str
    sentiment: str


def made_headlines(topic: str, dice: np.random.Generator, *, bad: bool = True) -> Iterator[str]:
    """Headlines of a topic without end."""
    forms = (BAD if bad else GOOD)[topic]
    while True:
        amounts = np.sort(dice.integers(2, 900, 2)) / 10
        yield forms[int(dice.integers(len(forms)))].format(
            c=_company(dice), d=_company(dice), a=f"{amounts[0]:g}亿元", b=f"{amounts[1]:g}亿元",
            n=int(dice.integers(100, 9000)), m=int(dice.integers(2, 9)),
            p=f"{float(dice.uniform(1, 80)):.2f}",
        )  # fmt: skip


def made_sample(number: int, seed: int) -> list[MadeHeadline]:
    """So many headlines of each topic, bad and good."""
    dice = np.random.default_rng(seed)
    return [
        MadeHeadline(text, topic, side)
        for side, forms in (("negative", BAD), ("positive", GOOD))
        for topic in forms
        for _, text in zip(
            range(number), made_headlines(topic, dice, bad=side == "negative"), strict=False
        )
    ]


def _company(dice: np.random.Generator) -> str:
    first, second = 2 * int(dice.integers(len(_FIRST) // 2)), 2 * int(dice.integers(8))
    return _FIRST[first : first + 2] + _SECOND[second : second + 2]
