"""The categories that a tenant wants to see."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

from guandian.data.own_categories import OwnCategory
from guandian.service.schemas.answer_schemas import NameOut
from guandian.service.schemas.strict import Incoming, Outgoing, Words

Key = Annotated[Words, Field(min_length=1, max_length=100)]
Text = Annotated[Words, Field(min_length=1, max_length=60)]


class CategoryMemberOut(Outgoing):
    """A category of the model."""

    key: str
    name: NameOut


class CategoryOut(Outgoing):
    """A category as it is shown, with those of the model that it covers."""

    key: str
    name: NameOut
    members: list[CategoryMemberOut]
    hidden: bool
    opinions: int


class TaxonomyAnswer(Outgoing):
    """The categories in the order in which they are shown."""

    categories: list[CategoryOut]
    own: Annotated[bool, Field(description="Whether they differ from those of the model.")]


class CategoryIn(Incoming):
    """A category: one of the model, renamed perhaps, or several under a key of one's own."""

    key: Key
    zh: Text
    en: Text
    members: Annotated[list[Key], Field(min_length=1, max_length=200)]
    hidden: bool = False

    def category(self) -> OwnCategory:
        """As the views take it."""
        return OwnCategory(self.key, self.zh, self.en, tuple(self.members), self.hidden)


class TaxonomyRequest(Incoming):
    """All categories in their order; those of the model that stand nowhere follow as they are.

    An empty list brings the model's own back.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "categories": [
                        {
                            "key": "delivery",
                            "zh": "到手",
                            "en": "Delivery",
                            "members": ["logistics", "packaging"],
                        },
                        {
                            "key": "brand",
                            "zh": "品牌",
                            "en": "Brand",
                            "members": ["brand"],
                            "hidden": True,
                        },
                    ]
                }
            ]
        }
    )

    categories: Annotated[list[CategoryIn], Field(max_length=200)]
