"""The labelling configuration that goes with an export to Label Studio."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from guandian.data.taxonomy import categories, taxonomy
from guandian.display.names import ENTITY_NAMES, PART_NAMES, POLARITY_NAMES
from guandian.domain import Labelled, LabelValue, Polarity
from guandian.errors import GuandianError
from guandian.labelling.label_names import role_of
from guandian.labelling.label_studio import (
    CATEGORY,
    LABEL,
    POLARITY,
    SENTIMENT,
    SPAN,
    UNSAID,
)
from guandian.tasks.head_spec import ASPECT, ENTITY_TYPES, EXPRESSION

_COLOURS = {ASPECT: "#2f6fde", EXPRESSION: "#d9822b"}
_ZH = {key: name.zh for key, name in (PART_NAMES | ENTITY_NAMES | POLARITY_NAMES).items()}


def labelling_config(records: Sequence[Labelled]) -> bytes:
    """The XML to paste into a project's labelling interface, with all that the records use.

    It offers the categories, entity types and classes that stand in `records`, and those of the
    default taxonomy where no opinion has a category.

    Raises:
        GuandianError: a name holds a character that XML cannot.
    """
    chinese = {key: row.zh for key, row in taxonomy().items()}
    offered = categories(records) or tuple(chinese)
    types = dict.fromkeys([*ENTITY_TYPES, *(t for r in records for t in r.entity_types)])
    types |= dict.fromkeys(entity.type for r in records for entity in r.entities or ())
    root = Element("View")
    # Without it blanks are shown, and counted, as a browser joins them.
    SubElement(root, "Style").text = ".htx-text { white-space: pre-wrap; }"
    _header(root, "评价对象、评价词与实体 Aspects, expressions and entities")
    labels = SubElement(root, "Labels", name=SPAN, toName="text")
    for label in (ASPECT, EXPRESSION, *(t for t in types if not role_of(t))):
        colour = {"background": _COLOURS[label]} if label in _COLOURS else {}
        SubElement(labels, "Label", {"value": label} | _hint(label, _ZH) | colour)
    SubElement(root, "Text", name="text", value="$text", granularity="symbol")
    _header(root, "选中评价词；从评价对象连到评价词 Select an expression; link its aspect to it")
    _choices(root, POLARITY, Polarity, _ZH, **_of_region(), choice="single", showInline="true")
    _choices(root, CATEGORY, offered, chinese, **_of_region(), choice="single", layout="select")
    _header(root, "没有词的观点 Opinions without words of their own")
    unsaid = SubElement(root, "Taxonomy", name=UNSAID, toName="text")
    for polarity in Polarity:
        branch = SubElement(unsaid, "Choice", {"value": polarity.value} | _hint(polarity, _ZH))
        for category in offered:
            SubElement(branch, "Choice", {"value": category} | _hint(category, chinese))
    _header(root, "整条评论的情感 Sentiment of the whole review")
    _choices(root, SENTIMENT, Polarity, _ZH, choice="single", showInline="true")
    _declared(root, records)
    indent(root)
    xml = tostring(root, encoding="unicode") + "\n"
    _refuse_unwritable(xml)
    return xml.encode()


def _of_region() -> dict[str, str]:
    return {
        "perRegion": "true",
        "visibleWhen": "region-selected",
        "whenLabelValue": f"{ASPECT},{EXPRESSION}",
    }


def _declared(root: Element, records: Sequence[Labelled]) -> None:
    """The labels of whole reviews that the records have, by what their values are."""
    values: dict[str, list[LabelValue]] = {}
    for record in records:
        for name, value in record.labels.items():
            values.setdefault(name, []).append(value)
    for name, answers in sorted(values.items()):
        _header(root, name)
        if any(isinstance(value, int | float) for value in answers):
            SubElement(root, "Number", name=LABEL + name, toName="text")
            continue
        several = any(isinstance(value, tuple) for value in answers)
        classes = {choice for value in answers for choice in _classes(value)}
        kind = "multiple" if several else "single"
        _choices(root, LABEL + name, sorted(classes), {}, choice=kind, showInline="true")


def _classes(value: LabelValue) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else (str(value),)


def _choices(
    root: Element, name: str, values: Iterable[str], names: Mapping[str, str], **more: str
) -> None:
    choices = SubElement(root, "Choices", {"name": name, "toName": "text"} | more)
    for value in values:
        SubElement(choices, "Choice", {"value": str(value)} | _hint(value, names))


def _header(root: Element, text: str) -> None:
    SubElement(root, "Header", value=text, size="5")


def _hint(key: str, names: Mapping[str, str]) -> dict[str, str]:
    return {"hint": names[key]} if key in names else {}


def _refuse_unwritable(xml: str) -> None:
    """ElementTree escapes marks, and lets characters through that no XML file may hold."""
    bad = next(
        (c for c in xml if (c < " " and c not in "\t\n\r") or "\ud800" <= c <= "\udfff"), None
    ) or next((c for c in xml if c in "\ufffe\uffff"), None)
    if bad is not None:
        raise GuandianError(
            f"a category, type or class holds the character U+{ord(bad):04X}, which XML cannot",
            "rename it in the labelled file",
        )
