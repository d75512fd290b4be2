"""What shops, app stores and scrapers call the columns of a review, without case and marks."""

from __future__ import annotations

import re


def _words(names: str) -> tuple[str, ...]:
    return tuple(names.split())


NAMES = {
    "text": _words(
        "text review reviewtext reviewbody reviewcontent content ratecontent comment comments"
        " commenttext"
        " commentcontent reviews body feedback buyerfeedback sentence message texta"
        " reviewdescription"
        " 评论内容 评价内容 初评内容 首评内容 评论 评价 初评 首评 初次评价 评论正文"
        " 评论文本 评价文本"
        " 评论详情 评价详情 用户评论 用户评价 用户评论内容 买家评论 买家评价 买家评价内容"
        " 点评内容 点评 评语 内容 正文 文本 反馈 反馈内容 用户反馈 客户反馈"
        " 顾客反馈 客户评价 顾客评价"
        " 客户评论 顾客评论 意见反馈 反馈意见 意见建议 意见与建议 意见和建议 意见或建议"
        " 宝贵意见 意见 建议"
        " 留言 留言内容 評論內容 評價內容 評論 評價 內容"
    ),
    "id": _words(
        "id reviewid commentid recommendationid cmtid"
        " 评论id 评价id 编号 评论编号 评价编号 序号 rowid uuid"
    ),
    # What people call a thing stands before its numbers, and what was bought before where.
    "product": _words(
        "product productname producttitle item itemname itemtitle goods goodsname goodstitle"
        " appname auctiontitle"
        " referencename producthandle"
        " 产品 商品 产品名称 商品名称 产品名 商品名 商品标题 宝贝名称 宝贝标题 宝贝 商品信息"
        " 应用名称 型号 机型 菜品名称 菜品"
        " 產品 商品名稱 packagename productid itemid asin sku appid 商品id 商品编号 商品编码"
        " 商品sku"
        " hotelname restaurantname storename shopname placename businessname businessid"
        " 酒店名称 餐厅名称 门店名称 店铺名称 商家名称 商户名称 店铺名 门店 店铺"
    ),
    "brand": _words("brand brandname manufacturer 品牌 品牌名称 品牌名 厂商"),
    "rating": _words(
        "ratingstar rating score stars star starrating overall rate reviewrating reviewscore"
        " reviewstar reviewstars productrating overallrating imrating buyereval"
        " 评分 星级 评分星级 评价星级 评论星级 星级评分 评价分数 商品评分 用户评分 综合评分"
        " 总评分 总体评分 总星级 满意度 满意程度 总体满意度 整体满意度"
        " 满意度评分 打分 得分 分数 评级 商家评分 描述相符 评价等级 评价级别"
        " 好中差评"
        " 評分"
    ),
    "time": _words(
        "time date datetime timestamp reviewtime reviewdate commenttime commentdate createdat"
        " createtime createdtime createddate creationtime created postedat publishtime publishedat"
        " publishedatdate publisheddate ratedate evaldate timestampcreated ctime reviewcreated"
        " reviewsubmitdateandtime reviewsubmissiontime submittedat unixreviewtime at updated"
        " lastmodifiedseconds"
        " 时间 日期 评论时间 评价时间 评论日期 评价日期 初评时间 首评时间 点评时间"
        " 发表时间 发表日期 发布时间 发布日期 提交时间 提交日期 创建时间 创建日期 填写时间 填写日期"
        " 反馈时间 反馈日期 留言时间 提交答卷时间 時間 評論時間"
    ),
    "user": _words(
        "user userid username nickname authorname author reviewer reviewername reviewerid"
        " reviewernickname usernickname displayusernick displayname profilename authorsteamid"
        " steamid consumername consumerdisplayname buyername guestname customername customer"
        " customerid"
        " 用户 用户名 用户id 用户昵称 用户名称 用户账号 昵称 抖音昵称 买家 买家昵称 买家会员名"
        " 买家用户名 买家账号 会员名 会员昵称"
        " 作者 会员 评论者 评论人 评价人"
    ),
    "source": _words("source platform channel site website 来源 渠道 平台 网站 來源"),
}
"""The names of each role, the surest first."""

ROLE_OF = {name: role for role, names in NAMES.items() for name in names}

TITLES = frozenset(
    _words(
        "reviewtitle reviewstitle reviewheadline reviewsubject commenttitle headline"
        " 评论标题 评价标题 点评标题 評論標題"
    )
)
"""Headlines of a review, which are read before its text."""

BARE_TITLES = frozenset(_words("title summary subject 标题"))
BODIES = frozenset(_words("body reviewbody 正文"))
"""Texts that stand below a title of their own: a bare one beside them is theirs."""
"""Headlines too, but only beside what is named below: elsewhere they may name the product."""

STORES = frozenset(
    _words(
        "isedited developerresponse territory reviewernickname imversion imrating thumbsupcount"
        " reviewcreatedversion appversion appversioncode appname parentasin verifiedpurchase"
        " verified helpfulvote scoretext unixreviewtime companyreply companyreplytext"
        " consumerdisplayname"
        " publisheddate experienceddate vp评论 vinevoice评论 版本 版本号 应用名称"
    )
)
"""Columns that exports of app stores and shops have, which call a headline just `title`."""

THINGS = frozenset(NAMES["product"][: NAMES["product"].index("packagename")])
"""Columns that name the product in words, so that a bare title does not."""

ASKERS = re.compile("^(?:买家|用户|顾客|客户|会员|buyer|customer|user)的?")
"""Names of who gives it, before the name of a text."""

FOLLOW_UPS = frozenset(
    _words(
        "追评 追评内容 追评正文 追评文本 追评详情 追评文字 追加评价 追加评论 追加评价内容"
        " 追加评论内容 追加内容 二次评价 追評 追評內容 followup followupreview additionalreview"
        " appendcomment appendcommentcontent afterusercomment afterusercommentcontent"
        " afterusercommenthafterusercommentcontent"
    )
)
"""Names of what a buyer adds later, which is read behind the text."""

SIDES = frozenset(
    _words(
        "pros cons advantages disadvantages positivereview negativereview likes dislikes"
        " whatdoyoulikebest whatdoyoudislike 优点 缺点 不足 最满意 最不满意"
    )
)
"""Forms that ask for what is good and for what is bad: both are the text."""

# Keys that say nothing: {"attributes": {"body": ...}}, {"title": {"label": ...}}.
AROUND = frozenset(
    _words(
        "attributes data review reviews comment comments fields properties node item source"
        " usercomment"
    )
)
WITHIN = frozenset(_words("label value text name"))

ANSWERS = frozenset(_words("answers answer responses questions survey 答案 回答"))
"""Keys around what people answer."""

OTHERS = re.compile(
    "repl(?:y|ies)|respon(?:se$|d)|seller|merchant|developer|owner|author|shop|store|vendor|parent"
    "|business|hotel|restaurant|place|company|app$|listing|aggregate|average|avg|mean|summary"
    "|statistic|stats|total|image|photo|video|pagination|request|previous"
    "|回复|商家|卖家|客服|店|平均|汇总|统计"
)
"""Keys around what is told of others than the review: {"reply": {"text": ...}}."""

QUESTION = re.compile(
    r"^\s*(?:(?:q|question|问题|第)\s*)?\d{1,3}\s*题?\s*[._、:：)）\-\s]\s*", re.IGNORECASE
)
"""The number of a question before its words: `q2_rating`, `4、您的建议`."""
ASKED = re.compile("^(?:请?[您你](?:的|对.{1,12}的))")
"""Whom a question asks, before what it asks for."""
