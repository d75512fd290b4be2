"""Guessing columns, and reading single cells."""

from __future__ import annotations

import pytest

from guandian.errors import GuandianError
from guandian.files import ColumnChoice, guess_columns, review_rows
from guandian.files.columns.ratings import as_rating, best_named, says_no_rating
from guandian.files.columns.values import as_time, check_time_format


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        (["id", "text"], {"text": "text", "id": "id"}),
        (["Review Text", "Star_Rating"], {"text": "Review Text", "rating": "Star_Rating"}),
        (["cat", "label", "review"], {"text": "review"}),
        (["reviewerID", "asin", "reviewText", "overall"], None),
        (
            ["评价时间", "评价内容", "昵称"],
            {"text": "评价内容", "time": "评价时间", "user": "昵称"},
        ),
        (["评论数", "买家评论原文"], {"text": "买家评论原文"}),
        (["ＴＥＸＴ", "品牌", "来源"], {"text": "ＴＥＸＴ", "brand": "品牌", "source": "来源"}),
        (
            ["comment", "comment_id", "sku"],
            {"text": "comment", "id": "comment_id", "product": "sku"},
        ),
        (["内容", "评论"], {"text": "评论"}),
    ],
)
def test_guess(header: list[str], columns: dict[str, str] | None) -> None:
    expected = columns or {
        "text": "reviewText",
        "product": "asin",
        "rating": "overall",
        "user": "reviewerID",
    }
    guess = guess_columns(header, ColumnChoice(), "a.csv")
    assert guess.columns == expected
    assert set(guess.passed) == set(header) - set(expected.values())


@pytest.mark.parametrize(
    ("header", "columns", "parts"),
    [
        (
            "商品SKU,商品名称,评分星级,初评内容,初评时间,追评内容,追评时间,商家回复评价内容",
            {"text": "初评内容", "product": "商品名称", "rating": "评分星级", "time": "初评时间"},
            ("初评内容", "追评内容"),
        ),
        (
            "reviewId,userName,content,score,thumbsUpCount,at,replyContent,repliedAt,appVersion",
            {"text": "content", "id": "reviewId", "rating": "score", "time": "at",
             "user": "userName"},
            (),
        ),
        (
            "Package Name,Review Submit Date and Time,Star Rating,Review Title,Review Text,"
            "Developer Reply Text,Review Link",
            {"text": "Review Text", "product": "Package Name", "rating": "Star Rating",
             "time": "Review Submit Date and Time"},
            ("Review Title", "Review Text"),
        ),
        (
            "date,developerResponse,review,rating,isEdited,title,userName",
            {"text": "review", "rating": "rating", "time": "date", "user": "userName"},
            ("title", "review"),
        ),
        ("title,review,rating", {"text": "review", "rating": "rating"}, ()),
        ("sku,评价,商品名称", {"text": "评价", "product": "商品名称"}, ()),
        ("商品标题,评论标题,评论", {"text": "评论", "product": "商品标题"}, ("评论标题", "评论")),
        ("追评内容,订单号", {"text": "追评内容"}, ()),
        ("初评,追评1,追评二", {"text": "初评"}, ("初评", "追评1", "追评二")),
        ("卖家回复评论,买家评论原文", {"text": "买家评论原文"}, ()),
        ("id,text,user.id,user.name", {"text": "text", "id": "id", "user": "user.name"}, ()),
        (
            "Review Created (UTC),Review Title,Review Content,Review Stars,Consumer Name",
            {"text": "Review Content", "rating": "Review Stars", "time": "Review Created (UTC)",
             "user": "Consumer Name"},
            ("Review Title", "Review Content"),
        ),
        (
            "Id,Title,Text,Rating,Published Date,Experienced Date",
            {"text": "Text", "id": "Id", "rating": "Rating", "time": "Published Date"},
            ("Title", "Text"),
        ),
        (
            "Date,Author,Verified,Title,Body,Rating",
            {"text": "Body", "rating": "Rating", "time": "Date", "user": "Author"},
            ("Title", "Body"),
        ),
        (
            "ASIN,标题,内容,VP评论,型号,星级,评论人,评论时间",
            {"text": "内容", "product": "型号", "rating": "星级", "time": "评论时间",
             "user": "评论人"},
            ("标题", "内容"),
        ),
        (
            "reviewer,product name,title,review",
            {"text": "review", "product": "product name", "user": "reviewer"},
            ("title", "review"),
        ),
        ("asin,title,review", {"text": "review", "product": "asin"}, ()),
        (
            "Review title,Positive review,Negative review,Review score,Guest name",
            {"text": "Positive review", "rating": "Review score", "user": "Guest name"},
            ("Review title", "Positive review", "Negative review"),
        ),
        ("评论,优点,缺点", {"text": "评论"}, ("评论", "优点", "缺点")),
        (
            "订单号,商品ID,商品名称,用户评分,物流评分,评价内容,追评内容,评价时间,商家回复",
            {"text": "评价内容", "product": "商品名称", "rating": "用户评分", "time": "评价时间"},
            ("评价内容", "追评内容"),
        ),
        (
            "评价ID,商品信息,描述相符,物流服务,评价内容",
            {"text": "评价内容", "id": "评价ID", "product": "商品信息", "rating": "描述相符"},
            (),
        ),
        (
            "用户名,评价星级,口味评分,评价内容,菜品名称,门店名称",
            {"text": "评价内容", "product": "菜品名称", "rating": "评价星级", "user": "用户名"},
            (),
        ),
        (
            "门店ID,门店名称,总评分,评价内容,回复状态",
            {"text": "评价内容", "product": "门店名称", "rating": "总评分"},
            (),
        ),
        (
            "商品名称,综合评分,商品质量,物流速度,评价内容,评价时间,抖音昵称",
            {"text": "评价内容", "product": "商品名称", "rating": "综合评分", "time": "评价时间",
             "user": "抖音昵称"},
            (),
        ),
        (
            "商品编号,评价等级,评价内容,用户账号",
            {"text": "评价内容", "product": "商品编号", "rating": "评价等级", "user": "用户账号"},
            (),
        ),
        (
            "酒店名称,用户名,评分（满分5分）,评论内容,评论时间",
            {"text": "评论内容", "product": "酒店名称", "rating": "评分（满分5分）",
             "time": "评论时间", "user": "用户名"},
            (),
        ),
        (
            "Order Number,SKU,Product Name,Review Content,Product Rating,Seller Rating,Buyer Name",
            {"text": "Review Content", "product": "Product Name", "rating": "Product Rating",
             "user": "Buyer Name"},
            (),
        ),
        (
            "buyerName,buyerEval,buyerFeedback,buyerTranslationFeedback,evalDate",
            {"text": "buyerFeedback", "rating": "buyerEval", "time": "evalDate",
             "user": "buyerName"},
            (),
        ),
        (
            "steamid,appid,voted_up,timestamp_created,review",
            {"text": "review", "product": "appid", "time": "timestamp_created", "user": "steamid"},
            (),
        ),
        (
            "序号,门店,满意度,意见反馈,提交日期,备注",
            {"text": "意见反馈", "id": "序号", "product": "门店", "rating": "满意度",
             "time": "提交日期"},
            (),
        ),
        (
            "总体满意度,意见与建议,填写时间",
            {"text": "意见与建议", "rating": "总体满意度", "time": "填写时间"},
            (),
        ),
        (
            "反馈内容,反馈时间",
            {"text": "反馈内容", "time": "反馈时间"},
            (),
        ),
        (
            "review_id,user_id,business_id,stars,text,date",
            {"text": "text", "id": "review_id", "product": "business_id", "rating": "stars",
             "time": "date", "user": "user_id"},
            (),
        ),
    ],
)  # fmt: skip
def test_columns_of_platforms(header: str, columns: dict[str, str], parts: tuple[str, ...]) -> None:
    guess = guess_columns(header.split(","), ColumnChoice(), "a.csv")
    assert (guess.columns, guess.parts) == (columns, parts)
    assert not set(guess.passed) & {*columns.values(), *parts}


def test_the_guess_tells_itself_in_both_languages() -> None:
    guess = guess_columns(["评论", "货号", "城市"], ColumnChoice(product="货号"), "a.csv")
    assert guess.en == (
        "columns as asked: product = 货号; columns guessed by name: text = 评论;"
        " passed through: 城市"
    )
    assert guess.zh == "指定的列：产品 = 货号；按名称猜出的列：正文 = 评论；原样保留：城市"


@pytest.mark.parametrize("header", [["review_id", "评论时间", "评分"], ["x"], ["评论数量"]])
def test_no_text_column(header: list[str]) -> None:
    with pytest.raises(GuandianError, match="--columns text="):
        guess_columns(header, ColumnChoice(), "a.csv")


def test_a_column_serves_one_role() -> None:
    with pytest.raises(GuandianError, match="asked for twice"):
        guess_columns(["a", "text"], ColumnChoice(text="a", id="a"), "a.csv")


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("5", 5.0),
        (" 4.5 ", 4.5),
        ("4,5", 4.5),
        ("4,500", None),
        ("3星", 3.0),
        ("五星", 5.0),
        ("四颗星", 4.0),
        ("★★★☆☆", 3.0),
        ("☆☆☆☆☆", None),
        ("六星", None),
        ("4 stars", 4.0),
        ("4.0 out of 5 stars", 4.0),
        ("8/10", 8.0),
        ("好评", 5.0),
        ("中评", 3.0),
        ("差评", 1.0),
        ("5星好评", 5.0),
        ("四星半", 4.5),
        ("4.5颗星", 4.5),
        ("5.0 颗星，最多 5 颗星", 5.0),
        ("⭐️⭐️⭐️", 3.0),
        ("★★★★½", 4.5),
        ("★★★☆☆ 3.0", 3.0),
        ("4 out of 5", 4.0),
        ("4.0", 4.0),
        ("４分", 4.0),
        ("Rated 4 out of 5", 4.0),
        ("4,0 von 5 Sternen", 4.0),
        ("five stars", 5.0),
        ("5-star", 5.0),
        ("80%", 80.0),
        ("allstar40", 4.0),
        ("Not Recommended", 1.0),
        ("非常满意", 5.0),
        ("还可以吧，凑合", None),
        ("90%", 90.0),
        ("20 %", 20.0),
        ("", None),
        ("nan", None),
        ("-1", None),
        ("5万", None),
        ("基本满意", 4.0),
        ("较满意", 4.0),
        ("超级满意", 5.0),
        ("极不满意", 1.0),
        ("优", 5.0),
        ("良", 4.0),
        ("中", 3.0),
        ("尚可", 3.0),
        ("五分", 5.0),
        ("四分半", 4.5),
        ("5分（非常满意）", 5.0),
        ("满意（4分）", 4.0),
        ("一般(2)", 2.0),
        ("满意（还行吧）", None),
    ],
)
def test_ratings(cell: str, number: float | None) -> None:
    found = as_rating(cell)
    assert (found and found.value) == number


@pytest.mark.parametrize(
    ("cell", "best"),
    [
        ("5", None), ("4星", None), ("8分", None), ("4/5", 5.0), ("8.5/10", 10.0), ("9 / 10", 10.0),
        ("8分/10分", 10.0), ("4 out of 5 stars", 5.0), ("8（满分10分）", 10.0), ("14/20", 20.0),
        ("90%", 100.0), ("好评", 5.0), ("四星半", 5.0), ("★★★☆☆", 5.0), ("★★★★★★★☆☆☆", 10.0),
        ("⭐⭐⭐", None), ("5.0 颗星，最多 5 颗星", 5.0), ("allstar40", 5.0),
    ],
)  # fmt: skip
def test_the_best_that_a_rating_states(cell: str, best: float | None) -> None:
    found = as_rating(cell)
    assert found and found.best == best
    assert as_rating("7/5") is None is as_rating("120%")


@pytest.mark.parametrize(
    ("name", "best"),
    [
        ("评分（满分10分）", 10.0), ("评分(百分制)", 100.0), ("十分制评分", 10.0),
        ("评分（1-5分）", 5.0),
        ("Score (out of 10)", 10.0), ("Rating (0 to 100)", 100.0), ("评分", None), ("rating", None),
        ("2024-10", None),
    ],
)  # fmt: skip
def test_the_best_that_a_column_states(name: str, best: float | None) -> None:
    assert best_named(name) == best


def test_what_stands_where_nobody_rated_is_no_rating_unread() -> None:
    assert [says_no_rating(cell) for cell in (" ", "-", "N/A", "暂无评分", "凑合")] == [
        True, True, True, True, False
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("cell", "time"),
    [
        ("2024-03-05", "2024-03-05"),
        ("2024/3/5", "2024-03-05"),
        ("2024.3.5 8:09", "2024-03-05T08:09:00"),
        ("2024年3月5日 18:09:07", "2024-03-05T18:09:07"),
        ("2024-03-05T18:09:07.123Z", "2024-03-05T18:09:07+00:00"),
        ("2024-03-05 18:09:07+0800", "2024-03-05T18:09:07+08:00"),
        ("20240305", "2024-03-05"),
        ("1709596800", "2024-03-05T00:00:00+00:00"),
        ("1709596800000", "2024-03-05T00:00:00+00:00"),
        ("March 5, 2024", "2024-03-05"),
        ("06 26, 2014", "2014-06-26"),
        ("05.03.2024", "2024-03-05"),
        ("46000", "2025-12-09"),
        ("46000.5", "2025-12-09"),
        ("20454", None),
        ("26-01-01", None),
        ("5 Mar 2024", "2024-03-05"),
        ("Reviewed in the United States on March 5, 2024", "2024-03-05"),
        ("2024年3月5日在美国审核", "2024-03-05"),
        ("2024-03-05 18:09:07 UTC", "2024-03-05T18:09:07+00:00"),
        ("Mar 5, 2024, 6:09 PM", "2024-03-05T18:09:00"),
        ("05.03.2024 18:09", "2024-03-05T18:09:00"),
        ("Tue, 05 Mar 2024 18:09:07 +0800", "2024-03-05T18:09:07+08:00"),
        ("2024-13-05", None),
        ("2024-02-30", None),
        ("03/05/2024", None),
        ("昨天", None),
        ("", None),
    ],
)
def test_times(cell: str, time: str | None) -> None:
    assert as_time(cell) == time


@pytest.mark.parametrize(
    ("cell", "form", "time"),
    [
        ("03/05/2024", "%d/%m/%Y", "2024-05-03"),
        ("26-01-02 18:09", "%y-%m-%d %H:%M", "2026-01-02T18:09:00"),
        ("2024-03-05", "%d/%m/%Y", "2024-03-05"),
        ("昨天😀", "%d/%m/%Y", None),
    ],
)
def test_times_of_a_form_that_is_said(cell: str, form: str, time: str | None) -> None:
    assert as_time(cell, form) == time


@pytest.mark.parametrize("form", ["%d/%m", "dd/mm/yyyy", "%", "%Q"])
def test_what_is_no_form_of_times(form: str) -> None:
    with pytest.raises(GuandianError, match=r"--time-format.*does not say how a day is written"):
        check_time_format(form)


def test_columns_without_names() -> None:
    assert guess_columns(["1"], ColumnChoice(), "a.csv", False).columns == {"text": "1"}
    found = guess_columns(["1", "2"], ColumnChoice(product="1"), "a.csv", False)
    assert found.columns == {"text": "2", "product": "1"}
    with pytest.raises(GuandianError, match="which of its 2 columns") as told:
        guess_columns(["1", "2"], ColumnChoice(), "a.csv", False)
    assert "--no-header" not in str(told.value) and "--columns text=" in str(told.value)


def test_a_column_without_a_name_is_told_in_both_languages() -> None:
    found = guess_columns(("column 1", "评论"), ColumnChoice(), "a.csv")
    assert "原样保留：第 1 列" in found.zh and "passed through: column 1" in found.en


@pytest.mark.parametrize(
    ("header", "role", "column"),
    [
        (["comment", "answers.rating"], "rating", "answers.rating"),
        (["comment", "answers.q2_rating"], "rating", "answers.q2_rating"),
        (["comment", "payload.form.score.value"], "rating", "payload.form.score.value"),
        (["comment", "brand.rating", "seller.score"], "rating", None),
        (["comment", "answers.rating", "评分"], "rating", "评分"),
        (["comment", "respondent.id", "answers.id"], "id", None),
        (["comment", "reply.time", "survey.date"], "time", "survey.date"),
        (["comment", "answers.product"], "product", "answers.product"),
        (["answers.q1_nps", "answers.q5_feedback"], "text", "answers.q5_feedback"),
        (["answers.text", "id"], "text", "answers.text"),
        (["response.text", "评论", "id"], "text", "评论"),
        (["姓名", "4、您的建议：", "2、您对产品的满意度（5分制）："], "text", "4、您的建议："),
        (["评论", "2、您对产品的满意度（5分制）："], "rating", "2、您对产品的满意度（5分制）："),
        (["评论", "1、您的性别："], "rating", None),
    ],
)
def test_the_last_key_and_a_question_without_its_number_name_a_role(
    header: list[str], role: str, column: str | None
) -> None:
    assert guess_columns(header, ColumnChoice(), "a.jsonl").columns.get(role) == column


def test_a_bare_title_above_a_body_is_part_of_the_review() -> None:
    (review,) = review_rows([{"标题": "不值这个价", "正文": "屏幕太暗😀"}])
    assert review.text == "不值这个价\n屏幕太暗😀" and list(review.parts) == ["标题", "正文"]
    (review,) = review_rows([{"标题": "手机A", "评价": "屏幕太暗"}])  # which may be the product's
    assert review.text == "屏幕太暗"
