"""Messages and reviews that wait for an answer, with drafts and what people made of them."""

from guandian.store.records.inbox.inbox_items import (
    Draft,
    DraftEdit,
    InboxItem,
    InboxKind,
    InboxState,
    Look,
    NewItem,
)
from guandian.store.records.inbox.inbox_records import InboxRecords

__all__ = [
    "Draft",
    "DraftEdit",
    "InboxItem",
    "InboxKind",
    "InboxRecords",
    "InboxState",
    "Look",
    "NewItem",
]
