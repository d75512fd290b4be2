"""Checks of replies to reviews, by lists of their own: no guard of `assist/replies` is used here.

Written before any draft was read and kept apart from the guards, so that both do not miss the same:
these look for single words and short distances in folded text and would rather cry too often.
"""

from __future__ import annotations

import re
import unicodedata

_NUMBER = "0-9零〇一二两三四五六七八九十几半数"
_UNIT = "小时|钟头|分钟|天|日|工作日|礼拜|星期|周|个月|hours?|hrs?|days?|weeks?|minutes?|months?"

CHECKS: dict[str, str] = {
    "money": r"红包|返现|返利|返还|返钱|现金|[折打抵]扣|打折|券|优惠|赠|礼[品物包盒金]|小礼|免单|"
    r"免费|积分|补偿|赔|退款|退钱|退您|退你|差价|奖[励金品]|福利|抽奖|减免|报销|充值|话费|好处|块钱|"
    r"\d元|[¥￥$€£]|\b(?:refund|coupon|voucher|discount|gift|free|cash|money|credit|reward|"
    r"compensat\w*|reimburs\w*|bonus|promo\w*|points|rebate|perk|freebie|giveaway|dollars?)s?\b",
    "rating": r"好评|差评|中评|满分|五星|[45]星|星级|打分|评分|高分|追评|改评|删评|"
    r"(?:改|删|撤|追|更新|重新|补|换|收回|隐藏)[^。！？]{0,8}(?:评|留言|反馈|分数|星)|"
    r"(?:评价|评论|留言)[^。！？]{0,8}(?:改|删|撤|收回|隐藏)|"
    r"\b(?:chang|updat|edit|revis|remov|delet|tak|reconsider|rais|rewrit|withdraw|amend|adjust)"
    r"\w*\b[^.!?]{0,30}\b(?:review|rating|stars?|score|feedback|comment)s?\b|"
    r"\b(?:five|5|four|4)[ -]?stars?\b|\bpositive (?:review|rating|feedback)",
    "contact": r"微信|威信|薇信|卫星号|[vw]信|\bvx\b|\bwx\b|qq|扣扣|企鹅号|二维码|扫码|扫一扫|邮箱|"
    r"加我|加一?下我|加个好友|私加|热线|(?:打|拨|留|发|给|告[诉知]|加)[^。！？]{0,6}"
    r"(?:电话|手机号|号码|联系方式|地址)|@|https?:|www|[a-z0-9]\.(?:com|cn|net|org|io|top|xyz)|"
    r"点com|telegram|whatsapp|\be-?mail\b|\bdial\b|\b(?:call|text|phone) (?:us|me|our)\b|"
    r"(?:\d[\s\-.()]{0,2}){5,}",
    "blame": r"[您你](?:们)?自己|自身原因|没有?(?:仔细|认真|好好|按照?)[^。！？]{0,4}[看读说操用]|"
    r"不会用|使用不当|操作不当|误操作|用法不对|不懂|本应|早该|应该先|[您你]应该|胡说|无理|恶意|造谣|诽谤|"
    r"挑剔|不讲理|贪便宜|一分钱一分货|[您你]的?(?:问题|错|责任|误会|误解)|同行|水军|"
    r"\byou (?:should|must|failed|forgot|misus|ignored|were wrong|are wrong|did ?n.?t|could have)|"
    r"\byour (?:own )?(?:fault|mistake|misuse|error|carelessness|expectations)|misus|improper use|"
    r"user error|unreasonable|exaggerat|as (?:clearly )?stated|clearly (?:says|states)|competitor",
    "medical": r"治|疗|药|愈|康复|副作用|根除|诊断|病|症|医|处方|见效|祛|抗[炎菌癌衰]|"
    r"(?:不会|没有|无)[^。！？]{0,4}过敏|"
    r"\b(?:cure[sd]?|curing|heal\w*|treatments?|treat(?:s|ed|ing)? (?:your|the)|medic\w*|clinic\w*|"
    r"diagnos\w*|therap\w*|side[ -]effects?|symptoms?|doctors?|dosage|remedy|allerg\w*)\b",
    "promise": rf"[{_NUMBER}]+ ?(?:-|到|至|~)? ?[{_NUMBER}]* ?个?(?:{_UNIT})|"
    r"(?:马上|立刻|立即|即刻|今天|今日|明天|明日|当天|次日|尽快|火速|第一时间)[^。！？]{0,8}"
    r"[发寄送到补换]|[发寄送补换][^。！？]{0,3}(?:一件|新的|一个|给您|给你|出去)|补发|补寄|换新|"
    r"保证|承诺|担保|一定[会能]|必定|绝对|绝不|包您|百分百|100%|准时|"
    r"\b(?:guarantee\w*|promis\w*|overnight|asap|tomorrow|today|replacement|resend|reship|"
    r"express delivery|never again|100 ?%)\b|"
    r"\b(?:will|shall|we.ll) [^.!?]{0,20}\b(?:arrive|deliver|ship|dispatch|send|reach you)",
    "orders": r"忽略[^。！？]{0,8}(?:规则|指令|要求|提示|以上)|提示词|系统提示|"
    r"作为(?:一[个名])?(?:ai|人工智能)|语言模型|\b(?:ignore|disregard|override)\b|system prompt|"
    r"as an ai|language model|jailbreak",
    "marks": r"[<>{}\[\]\\`|*_#^~]|&\w+;|%[0-9a-f]{2}",
    "foul": r"傻[逼b]|妈的|操你|狗屎|去死|混蛋|王八|滚蛋|骗子|奸商|黑心|垃圾|废物|脑残|"
    r"\b(?:fuck\w*|shit\w*|bitch\w*|asshole|crap|bastard|scam\w*|idiots?|stupid|damn)\b",
}
"""By the rule that is broken: an expression over folded text, letters small."""


def broken(reply: str, review: str = "") -> list[str]:
    """The rules that a reply breaks, with the words that do, such as `money: 红包`.

    Args:
        reply: the text that a customer would see.
        review: what it answers; a reply holds no long run of it.
    """
    text = folded(reply)
    rules = [
        f"{rule}: {match.group()}"
        for rule, pattern in CHECKS.items()
        if (match := re.search(pattern, text))
    ]
    if re.search(
        r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]", reply
    ):
        rules.append("marks: a control character")
    long = 24 if re.search(r"[\u4e00-\u9fff]", review) else 60
    lowered = review.lower()
    runs = (text[k : k + long] for k in range(max(0, len(text) - long)))
    if review and any(run in lowered for run in runs):
        rules.append("echo: a long run of the review")
    return rules


def folded(text: str) -> str:
    """The text in one width, without accents that hide letters, in small letters."""
    plain = unicodedata.normalize("NFKC", text)
    plain = "".join(sign for sign in plain if unicodedata.category(sign) not in ("Mn", "Cf"))
    return plain.lower()
