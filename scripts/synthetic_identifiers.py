"""Identifiers of nobody, drawn from a seeded generator, with the check digits that real ones have.

An ID card bears the running number 000, which no office gives out; names are put together from
lists of parts; whether a drawn telephone number, card or plate is in use is chance, and nothing is
said of whom it would belong to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from random import Random

Words = Mapping[str, Sequence[str]]
Maker = Callable[[Random, str, Words], str]

REGIONS = (
    "110105 120101 130102 140105 150102 210103 220104 230102 310115 320106 330108 340104 350203 "
    "360102 370202 410105 420111 430104 440305 450103 460105 500112 510107 520102 530102 610113 "
    "620102 630104 640104 650102"
)
BANKS = (
    ("622202", 19), ("621700", 19), ("622848", 19), ("621661", 19), ("622588", 16), ("621226", 19),
    ("436742", 16), ("625965", 16), ("356896", 16), ("622700", 19), ("623058", 19), ("518710", 16),
)  # fmt: skip
AREA_CODES = "010 020 021 022 023 024 025 027 028 029 0371 0451 0512 0571 0592 0731 0755 0871 0991"
PREFIXES = (
    "130 131 132 133 135 136 137 138 139 147 150 151 152 153 155 157 158 159 166 170 173 176 177 "
    "178 180 181 182 183 185 186 187 188 189 191 193 195 198 199"
)
PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
FULL = str.maketrans("0123456789+-", "０１２３４５６７８９＋－")
SYLLABLES = "lin xia yu chen moon ting zhi hao ran fei mu qing luo an tang wen bai nan su ye"
ADDRESSED = (
    "163.com 126.com qq.com gmail.com outlook.com foxmail.com sina.cn example.com example.cn"
)
FAMOUS = (
    "黄磊", "李娜", "刘涛", "李刚", "杨勇", "张磊", "韩磊", "孙涛", "王刚", "陈婷", "高峰",
)  # fmt: skip
"""What the parts would put together to a person that many know."""


def digits(random: Random, count: int) -> str:
    """So many digits, the first not 0."""
    return str(random.randint(1, 9)) + "".join(str(random.randint(0, 9)) for _ in range(count - 1))


def luhn_digit(body: str) -> str:
    """The digit that makes `body` right by ISO/IEC 7812."""
    doubled = (int(d) * 2 if k % 2 == 0 else int(d) for k, d in enumerate(reversed(body)))
    return str(-sum(d - 9 if d > 9 else d for d in doubled) % 10)


def identity_digit(body: str) -> str:
    """The last place of the ID card whose first 17 are `body`, by ISO 7064 MOD 11-2."""
    total = sum(int(d) * pow(2, 17 - k, 11) for k, d in enumerate(body))
    return "10X98765432"[total % 11]


def grouped(text: str, sizes: Sequence[int], mark: str) -> str:
    """The text cut into groups, `mark` between them."""
    parts, start = [], 0
    for size in sizes:
        parts.append(text[start : start + size])
        start += size
    return mark.join(part for part in parts if part)


def mobile(random: Random, form: str, _: Words) -> str:
    number = random.choice(PREFIXES.split()) + digits(random, 8)
    match form:
        case "plus":
            before = random.choice(("+86", "+86 ", "+86-", "(+86)", "0086-", "86-", "＋８６"))
            parted = grouped(number, (3, 4, 4), " ")
            return before + random.choice((number, number, parted, parted.replace(" ", "-")))
        case "blank" | "hyphen" | "dot":
            return grouped(number, (3, 4, 4), {"blank": " ", "hyphen": "-", "dot": "."}[form])
        case "335":
            return grouped(number, (3, 3, 5), random.choice(" -"))
        case "full":
            return number.translate(FULL)
        case "hanzi":
            signs = random.choice(
                ("零一二三四五六七八九", "〇一二三四五六七八九", "零幺二三四五六七八九")
            )
            return "".join(signs[int(d)] for d in number)
    return number


def landline(random: Random, form: str, _: Words) -> str:
    code = random.choice(AREA_CODES.split())
    number = random.choice("2345678") + digits(random, 7)
    if len(code) == 4 and random.random() < 0.4:
        number = number[:7]
    joined = random.choice(
        (f"{code}-{number}", f"{code}-{number}", f"({code}){number}", f"{code} {number}",
         code + number, f"（{code}）{number}", f"+86-{code[1:]}-{number}")
    )  # fmt: skip
    if form == "ext":
        return joined + random.choice(("转{}", "-{}", " 转 {}", "转分机{}")).format(
            digits(random, 3)
        )
    return joined


def born(random: Random) -> date:
    """A birthday between 1945 and 2018."""
    return date(1945, 1, 1) + timedelta(days=random.randrange(73 * 365))


def identity_card(random: Random, form: str, _: Words) -> str:
    day = born(random)
    region = random.choice(REGIONS.split())
    if form == "15":
        day = day if day.year < 1996 else day.replace(year=1960, day=1)
        return f"{region}{day:%y%m%d}000"
    body = f"{region}{day:%Y%m%d}000"
    while form == "x" and identity_digit(body) != "X":
        body = f"{region}{born(random):%Y%m%d}000"
    number = body + identity_digit(body)
    if form == "x":
        return random.choice((number, number.lower()))
    if form == "blank":
        return grouped(number, (6, 8, 4), random.choice("  -"))
    return number.translate(FULL) if random.random() < 0.06 else number


def bank_card(random: Random, form: str, _: Words) -> str:
    start, length = random.choice(BANKS)
    body = start + "".join(str(random.randint(0, 9)) for _ in range(length - 7))
    number = body + luhn_digit(body)
    mark = {"blank": " ", "hyphen": "-"}.get(form)
    return grouped(number, (4, 4, 4, 4, 3), mark) if mark else number


def passport(random: Random, _form: str, _: Words) -> str:
    return random.choice(
        ("E" + digits(random, 8), "E" + random.choice("ABCDEFGH") + digits(random, 7),
         "G" + digits(random, 8))
    )  # fmt: skip


def permit(random: Random, form: str, _: Words) -> str:
    match form:
        case "l":
            return "L" + digits(random, 8)
        case "home":
            return random.choice("HM") + digits(random, random.choice((8, 8, 10)))
        case "tw":
            return digits(random, 8)
    return "C" + random.choice((digits(random, 8), random.choice("ABCDEFGH") + digits(random, 7)))


def plate(random: Random, form: str, _: Words) -> str:
    head = random.choice(PROVINCES) + random.choice(LETTERS[:12])
    if form == "green":
        tail = random.choice(
            (random.choice("DF") + random.choice(LETTERS + "123456789") + digits(random, 4),
             digits(random, 5) + random.choice("DF"))
        )  # fmt: skip
        return head + random.choice(("", "", "·", " ")) + tail
    places = list(digits(random, 5))
    for place in random.sample(range(5), random.choice((0, 1, 1, 2))):
        places[place] = random.choice(LETTERS)
    mark = {"dot": random.choice("·•."), "blank": " "}.get(form, "")
    if not form and random.random() < 0.12:
        return head + digits(random, 4) + random.choice("学挂警")
    return head + mark + "".join(places)


def account(random: Random) -> str:
    """Three syllables and a number, as people name their accounts."""
    name = "".join(random.sample(SYLLABLES.split(), 3))
    mark = random.choice(("", "_", "", "-"))
    return name + mark + digits(random, random.choice((2, 3, 4)))


def email(random: Random, _form: str, _: Words) -> str:
    name = random.choice(
        (
            account(random),
            account(random).replace("-", "."),
            account(random).title(),
            "z" + digits(random, 6),
        )
    )
    if name.startswith("z"):
        return f"{name}@example.com"
    return f"{name}@{random.choice(ADDRESSED.split())}"


def wechat(random: Random, _form: str, _: Words) -> str:
    if random.random() < 0.12:
        return "wxid_" + "".join(
            random.choice("abcdefghjkmnpqrstuvwxyz0123456789") for _ in range(12)
        )
    name = account(random)
    return name.title() if random.random() < 0.1 else name


def qq(random: Random, _form: str, _: Words) -> str:
    return digits(random, random.choice((8, 9, 9, 10)))


def order(random: Random, form: str, _: Words) -> str:
    forms = {
        "tb": lambda: digits(random, 19),
        "jd": lambda: digits(random, 12),
        "mt": lambda: digits(random, 16),
        "pdd": lambda: f"{born(random):%m%d}".join(("23", "-")) + digits(random, 15),
        "am": lambda: "-".join((digits(random, 3), digits(random, 7), digits(random, 7))),
    }
    number = forms[form or random.choice(list(forms))]()
    plain = number.replace("-", "")
    if luhn_digit(plain[:-1]) == plain[-1]:
        return order(random, form, _)
    return number


def parcel(random: Random, form: str, _: Words) -> str:
    forms = {
        "sf": lambda: "SF" + digits(random, 13),
        "yt": lambda: "YT" + digits(random, 13),
        "jd": lambda: "JD" + random.choice(("VA", "VB", "00")) + digits(random, 11),
        "ems": lambda: "E" + random.choice("ABCZ") + digits(random, 9) + "CN",
        "yd": lambda: "43" + digits(random, 11),
        "zt": lambda: random.choice(("75", "78")) + digits(random, 12),
        "st": lambda: "77" + digits(random, 13),
        "db": lambda: "DPK" + digits(random, 12),
    }
    return forms[form or random.choice(list(forms))]()


def address(random: Random, _form: str, words: Words) -> str:
    area, road = random.choice(words["area"]), random.choice(words["road"])
    estate = random.choice(words["estate"])
    house = f"{random.randint(2, 999)}号"
    block, entrance = random.randint(1, 30), random.randint(1, 5)
    room = f"{random.randint(1, 18)}0{random.randint(1, 4)}"
    flat = random.choice(
        (f"{block}栋{room}", f"{block}号楼{entrance}单元{room}室", f"{block}幢{room}",
         f"{block}-{entrance}-{room}")
    )  # fmt: skip
    return random.choice(
        (area + road + house + estate + flat, area + road + house + estate + flat,
         area + estate + flat, road + house + estate + flat, area + road + house, estate + flat)
    )  # fmt: skip


def address_en(random: Random, _form: str, _: Words) -> str:
    road = random.choice(("Wutong", "Wangjiang", "Liulin", "Wenchang", "Beihuan", "Yinxing"))
    city = random.choice(("Ningbo", "Wuxi", "Xiamen", "Chengdu", "Suzhou", "Dalian"))
    return (
        f"Room {random.randint(2, 30)}0{random.randint(1, 8)}, Building {random.randint(1, 20)}, "
        f"{random.randint(3, 900)} {road} Road, {city}"
    )


def name(random: Random, _form: str, words: Words) -> str:
    drawn = random.choice(words["surname"]) + random.choice(words["given"])
    return name(random, _form, words) if drawn in FAMOUS else drawn


def name_en(random: Random, _form: str, words: Words) -> str:
    return random.choice(words["given_en"]) + " " + random.choice(words["surname_en"])


MAKERS: Mapping[str, Maker] = {
    "mobile": mobile, "landline": landline, "id_card": identity_card, "bank_card": bank_card,
    "passport": passport, "permit": permit, "plate": plate, "email": email, "wechat": wechat,
    "qq": qq, "order": order, "parcel": parcel, "address": address, "address_en": address_en,
    "name": name, "name_en": name_en,
}  # fmt: skip
"""By the name that stands in the braces of a template."""
