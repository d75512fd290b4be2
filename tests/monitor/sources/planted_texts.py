"""Review texts that come day by day, with a surge of complaints that was planted as text."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np

PRODUCTS = ("星河 X2", "Kite 14")
PRAISE = (
    "电池很耐用", "屏幕很清晰", "物流很快", "手感很好", "拍照效果不错", "音质很棒", "外观漂亮",
    "性价比高", "客服态度很好", "系统很流畅",
)  # fmt: skip
COMPLAINTS = ("屏幕有划痕", "物流太慢", "音质一般，有杂音", "客服态度差", "系统卡顿")
BATTERY = ("电池不耐用", "续航太差", "电池半天就没电", "充电很慢", "电池发烫")
OPENINGS = ("用了一周，", "收到货了，", "给家里人买的，", "第二次买了，", "说实话，", "总的来说，")


def planted(
    first: date, days: int, surge: tuple[int, int] | None, seed: int = 11, times: float = 1.0
) -> Iterator[dict[str, str]]:
    """Reviews of two products; in the days of the surge many complain of one's battery.

    Args:
        first: the first day.
        days: how many.
        surge: the first and the last day of it, counted from 0; None without one.
        seed: of the draws.
        times: as many reviews as four a day of each product.
    """
    dice = np.random.default_rng(seed)

    def row(name: str, day: date, product: str, said: str) -> dict[str, str]:
        opening, digits = OPENINGS[dice.integers(len(OPENINGS))], dice.integers(10, 99)
        text = f"{opening}{said}。订单尾号{digits}{name}🔋"
        return {"id": name, "text": text, "product": product, "time": str(day), "source": "app"}

    for offset in range(days):
        day = first + timedelta(days=offset)
        for place, product in enumerate(PRODUCTS):
            said = [PRAISE[k] for k in dice.integers(0, len(PRAISE), dice.poisson(3 * times))]
            said += [
                COMPLAINTS[k] for k in dice.integers(0, len(COMPLAINTS), dice.poisson(0.7 * times))
            ]
            rate = 0.4 * times
            if surge and place == 0 and surge[0] <= offset <= surge[1]:
                rate = 9.0
            said += [BATTERY[k] for k in dice.integers(0, len(BATTERY), dice.poisson(rate))]
            for number, words in enumerate(said):
                yield row(f"{offset}-{place}-{number}", day, product, words)
