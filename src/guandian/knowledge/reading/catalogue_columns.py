"""What people call the columns of a catalogue, without case and marks."""

from __future__ import annotations

import re


def _words(names: str) -> tuple[str, ...]:
    return tuple(names.split())


COLUMNS: dict[str, tuple[str, ...]] = {
    "id": _words(
        "id itemid productid sku asin gtin gtin13 ean upc mpn spu spuid skuid productcode itemcode"
        " 商品id 商品编号 商品编码 产品编号 产品编码 产品id 货号 编码 编号 条码 条形码"
    ),
    "brand": _words(
        "brand brandname make manufacturer vendor 品牌 品牌名 品牌名称 厂商 厂家 生产厂家 制造商"
    ),
    "brand_aliases": _words("brandalias brandaliases 品牌别名 品牌英文名 品牌又名"),
    "series": _words(
        "series productline line family range collection productfamily"
        " 系列 产品系列 产品线 系列名称 车系"
    ),
    "model": _words(
        "model modelname modelnumber modelno variant version type"
        " 型号 机型 规格型号 产品型号 型号名称 车型 款式 款型"
    ),
    "product": _words(
        "product productname producttitle name title item itemname goods goodsname"
        " 产品 商品 产品名称 商品名称 产品名 商品名 名称 标题 商品标题 品名"
    ),
    "part": _words(
        "part parts component components accessory accessories feature features"
        " 部件 配件 组件 部位 零部件 零件 部件名称"
    ),
    "aliases": _words(
        "alias aliases alternatename synonyms synonym aka othername othernames nickname nicknames"
        " 别名 又名 俗称 简称 昵称 别称 同义词 英文名"
    ),
}
"""The names of each role, the surest first."""
ROLE_OF = {name: role for role, names in COLUMNS.items() for name in names}
_MARKS = re.compile(r"[\W_]+")
SEVERAL = re.compile(r"[;；|、\n]|,(?!\d)|，")
"""What parts several names in one cell."""


def column_role(column: str) -> str | None:
    """The role of a column by its name; None where it has none."""
    return ROLE_OF.get(_MARKS.sub("", column).casefold())


def names_in(cell: str) -> tuple[str, ...]:
    """The names in one cell."""
    return tuple(dict.fromkeys(name.strip() for name in SEVERAL.split(cell) if name.strip()))
