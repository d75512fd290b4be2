"""Checks that the data has what a recipe declares heads for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from guandian.data.corpora import OWN, corpora, corpus
from guandian.domain import LabelHead, Labelled
from guandian.errors import GuandianError, RecipeError
from guandian.recipes.recipe import Recipe
from guandian.tasks.head_spec import HeadSpec
from guandian.tasks.task_table import task_of


def labels_of_recipe(recipe: Recipe) -> tuple[LabelHead, ...]:
    """The labels that a recipe declares."""
    return tuple(head.declared() for head in recipe.heads)


def checked_labels(
    records: list[Labelled], heads: Sequence[LabelHead], name: str
) -> list[Labelled]:
    """The records with the declared labels alone, their values as the heads have them.

    Labels that no head is declared for are left out where none is declared at all, and of public
    sets; in a user's own file beside declared heads they are more likely misspelt.

    Args:
        records: of one set.
        heads: what the recipe declares.
        name: of the set.

    Raises:
        GuandianError: a value that does not fit its head; an undeclared label in an own file.
    """
    tasks_by_name = {head.name: task_of(head) for head in heads}
    checked = []
    for record in records:
        strange = [label for label in record.labels if label not in tasks_by_name]
        if strange and heads and name.endswith(OWN):
            raise GuandianError(
                f"{name}, review {record.id}: the recipe declares no head {strange[0]!r}; it "
                f"declares {', '.join(tasks_by_name)}",
                f'add [[heads]] with name = "{strange[0]}", or take the label out of the file',
            )
        labels = {}
        for label, value in record.labels.items():
            if label not in tasks_by_name:
                continue
            try:
                labels[label] = tasks_by_name[label].accept(value)
            except ValueError as error:
                raise GuandianError(
                    f"{name}, review {record.id}, labels.{label}: {error}",
                    f"correct it there, or declare it in the recipe's head {label!r}",
                ) from None
        checked.append(replace(record, labels=labels) if record.labels else record)
    return checked


def refuse_unfit(recipe: Recipe) -> None:
    """Refuse heads that none of the recipe's sets can teach, by what is known of public sets.

    Of a user's own files nothing is known before they are read: see `refuse_unlabelled`.

    Raises:
        RecipeError: naming the sets that could.
        GuandianError: an unknown set.
    """
    sets = [corpus(part.corpus) for part in recipe.data]
    if any(labelled_set.name.endswith(OWN) for labelled_set in sets):
        return
    reader = _reads_entities(recipe)
    if reader and not any(labelled_set.entity_types for labelled_set in sets):
        raise _no_entities(reader, ", ".join(labelled_set.name for labelled_set in sets))
    for head in recipe.heads:
        if not any(head.name in labelled_set.labels for labelled_set in sets):
            able = [
                labelled_set.name
                for labelled_set in corpora().values()
                if head.name in labelled_set.labels
            ]
            raise _no_label(
                head.name, [label for labelled_set in sets for label in labelled_set.labels], able
            )


def refuse_unlabelled(recipe: Recipe, spec: HeadSpec, train: Sequence[Labelled]) -> None:
    """Refuse heads that no text is annotated for.

    Raises:
        RecipeError: naming the labels that there are.
    """
    reader = _reads_entities(recipe)
    if reader and not any(record.entities for record in train):
        raise _no_entities(reader, "the texts to learn from")
    labels = {label for record in train for label in record.labels}
    for head in spec.labels:
        if head.name not in labels:
            raise _no_label(head.name, labels, ())


def _reads_entities(recipe: Recipe) -> str:
    """The key of a recipe that needs texts annotated for entities; empty without one."""
    if recipe.tags == "crf":
        return 'tags = "crf"'
    return "" if recipe.knowledge is None else "knowledge"


def _no_entities(reader: str, where: str) -> RecipeError:
    able = [labelled_set.name for labelled_set in corpora().values() if labelled_set.entity_types]
    return RecipeError(
        f"{reader} reads entities, and {where} annotate none",
        f"name a set that has some ({', '.join(able)}, or a file of your own), or leave "
        f"`{reader.partition(' ')[0]}` out",
    )


def _no_label(name: str, labels: Iterable[str], able: Sequence[str]) -> RecipeError:
    return RecipeError(
        f"no text to learn from has the label {name!r}; labels there are: {', '.join(others)}"
        if (others := sorted({*labels}))
        else f"no text to learn from has the label {name!r}, nor any other",
        f"name a set that has it ({', '.join([*able, 'a .jsonl file of your own with labels'])}), "
        "or take the head out of the recipe",
    )
