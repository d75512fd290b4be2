"""Why a person has to see a draft before it is sent."""

from __future__ import annotations

import re

from guandian.assist.replies.guards import breaks_rule
from guandian.domain import Language, Mined, Polarity, Review
from guandian.privacy.finding import find
from guandian.privacy.masking import find_tokens
from guandian.wording import Name, term

FEW_STARS, NEGATIVE, CONFLICT = "few_stars", "negative", "conflict"
HEALTH, LAW, PERSONAL, ORDERS = "health", "law", "personal_data", "orders"
NO_OPINION, OTHER_LANGUAGE, GUARDED, ALIKE = "no_opinion", "language", "guarded", "alike"
_FEW, _MANY, _STARS = 2, 4, 5
_HEALTH = re.compile(
    r"过敏|红肿|起疹|发炎|烂脸|中毒|拉肚子|腹泻|呕吐|住院|医院|受伤|流血|烫伤|割伤|(?:手|脸|腿|脚|皮肤|孩子|宝宝)[^。，！]{0,4}划伤|漏电|触电|起火|着火|爆炸|"
    r"冒烟|自燃|虫子|蟑螂|发霉|孕妇|\b(?:allerg\w*|rash|poison\w*|vomit\w*|hospital|injur\w*|bleed\w*|"
    r"burn(?:ed|t|s)?|electric shock|caught fire|explod\w*|smok(?:e|ing)|mou?ld\w*|cockroach\w*)\b"
)
_HARM = re.compile(
    r"过敏|红肿|起疹|发炎|烂脸|中毒|拉肚子|腹泻|呕吐|住院|受伤|流血|烫伤|割伤|(?:手|脸|腿|脚|皮肤|孩子|宝宝)[^。，！]{0,4}划伤|漏电|触电|起火|着火|爆炸|"
    r"冒烟|自燃|\b(?:allergic|allergy|rash|poison\w*|vomit\w*|injur\w*|bleed\w*|"
    r"burn(?:ed|t) (?:my|me)|electric shock|caught fire|explod\w*)\b",
    re.IGNORECASE,
)
"""What a thing did to somebody, so that it is not to be used any more."""
_DENIED = re.compile(
    r"(?:没有?|不|无|未|别)(?:会|任何|出现|发生|引起|导致|造成|什么|再){0,2}$|"
    r"(?:\b(?:no|not|never|without|non)\b|n'?t)[ -]"
    r"(?:(?:any|an?|at all|cause[ds]?|get|be|been) ){0,2}$",
    re.IGNORECASE,
)
_BEFORE = 24
_LAW = re.compile(
    r"(?<!\d)(?:12315|12345)(?!\d)|消协|消费者协会|工商(?!银行|大学|管理硕士|学院|联)|市监|起诉|法院|律师|报警(?!器|声|音|灯|功能)|警察|"
    r"(?<!相机)(?<!镜头)(?<!手机)(?<!过度)(?<!自动)(?<!长)曝光(?!度|量|时间|补偿|率|值|参数|模式|怎|不足|过)|媒体|记者|维权|假一赔|打假|"
    r"\b(?:lawyer|attorney|lawsuit|(?:to|will|can|could|would|should|may|might|i.ll|we.ll|gonna) "
    r"sue|sue (?:you|them|the|this|your|that)|suing|(?<!food )(?<!tennis )court|police|"
    r"consumer protection|ftc|bbb|(?:to|in|tell|call|contact|inform) the press|journalist|"
    r"chargeback)\b"
)


def reason_names() -> dict[str, Name]:
    """What each reason is, by its code."""
    return {
        FEW_STARS: term("two stars or fewer"),
        NEGATIVE: term("the review is negative"),
        CONFLICT: term("the stars and the words disagree"),
        HEALTH: term("it speaks of health or safety"),
        LAW: term("it speaks of the law, an authority or the press"),
        PERSONAL: term("it holds personal data"),
        ORDERS: term("it holds orders to a machine"),
        NO_OPINION: term("no opinion was read in it"),
        OTHER_LANGUAGE: term("it is in another language"),
        GUARDED: term("no draft passed the guards"),
        ALIKE: term("every draft is nearly equal to another reply"),
    }


def speaks_of_harm(review: Review, mined: Mined) -> bool:
    """Whether a review complains of harm, so that the answer asks not to use the thing.

    The words are not denied (没有过敏) and stand in a complaint, or the whole review is bad.
    """
    text, stars = review.text, stars_of(review)
    bad = mined.sentiment.label is Polarity.NEGATIVE or (stars is not None and stars <= _FEW)
    complaints = [o.evidence for o in mined.opinions if o.polarity is Polarity.NEGATIVE]
    return any(
        bad or any(span.start <= hit.start() < span.end for span in complaints)
        for hit in _HARM.finditer(text)
        if not _DENIED.search(text[max(0, hit.start() - _BEFORE) : hit.start()])
    )


def stars_of(review: Review) -> float | None:
    """The rating in stars of five; None where there is none or its scale is unknown."""
    if review.rating is None:
        return None
    best = review.scale or next((top for top in (5, 10, 100) if review.rating <= top), None)
    return None if best is None else review.rating * _STARS / best


def reasons_to_look(review: Review, mined: Mined) -> tuple[str, ...]:
    """The codes of the reasons why no draft to a review may be sent unseen."""
    stars, label = stars_of(review), mined.sentiment.label
    text = review.text.lower()
    reasons = []
    if review.rating is not None and (stars is None or stars <= _FEW):
        reasons.append(FEW_STARS)
    if label is Polarity.NEGATIVE:
        reasons.append(NEGATIVE)
    if stars is not None and (
        (stars <= _FEW and label is Polarity.POSITIVE)
        or (stars >= _MANY and label is Polarity.NEGATIVE)
    ):
        reasons.append(CONFLICT)
    reasons += [code for code, pattern in ((HEALTH, _HEALTH), (LAW, _LAW)) if pattern.search(text)]
    if find(review.text) or find_tokens(review.text):
        reasons.append(PERSONAL)
    if breaks_rule(review.text, "orders"):
        reasons.append(ORDERS)
    if not mined.opinions:
        reasons.append(NO_OPINION)
    if mined.language is Language.OTHER:
        reasons.append(OTHER_LANGUAGE)
    return tuple(reasons)
