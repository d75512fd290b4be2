"""The tables of a recipe."""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticKnownError

from guandian.data.augmentation import Kind

Word = Annotated[str, Field(min_length=1)]
MOST_EPOCHS = 10_000
MOST_STEPS = 1_000_000
"""Of one training, and of a range test."""
MOST_SEEN = 50_000_000
"""Texts of all its epochs together, repeats counted: its schedule is made beforehand."""
FEW_STEPS = 100
"""Fewer change little, even of a few dozen texts (Zhang et al. 2020, arXiv:2006.05987)."""


def _named(name: str) -> str:
    """A name that can be a folder's on every system, in any script."""
    name = unicodedata.normalize("NFC", name)
    if not _NAME.fullmatch(name) or len(name.encode()) > _LONGEST_NAME:
        raise ValueError(
            f"{name!r} is no name: letters and digits of any script, . _ - behind the first, "
            f"and at most {_LONGEST_NAME} bytes"
        )
    return name


_NAME = re.compile(r"[^\W_][\w.-]*")
_LONGEST_NAME = 120
Name = Annotated[str, AfterValidator(_named)]


class Closed(BaseModel):
    """A table whose unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _true_is_no_number(cls, value: Any, info: ValidationInfo) -> Any:
        wanted = cls.model_fields[str(info.field_name)].annotation
        if isinstance(value, bool) and wanted in (int, float, int | None, float | None):
            whole = wanted in (int, int | None)
            raise PydanticKnownError("int_type" if whole else "float_type")
        return value


class Base(Closed):
    """The model to start from.

    Attributes:
        model: `guandian-small`, a bundle's folder, a name under the models folder, a folder with
            a transformers encoder, or the id of one in the local Hugging Face cache.
        layers: keep only the lowest so many.
        attention: of a decoder such as Llama or Qwen: `auto` lets its tokens see both ways,
            `causal` only back, as it was pretrained.
        bits: 4 keeps the layers' matrices in four bits (Dettmers et al. 2023, arXiv:2305.14314),
            for methods that leave them as they are; unset = 32. The bundle has them whole.
    """

    model: str = Field(min_length=1)
    bits: Literal[4] | None = None
    attention: Literal["auto", "causal"] = "auto"
    layers: int | None = Field(None, gt=0, le=1000)


class SentimentWords(Closed):
    """Words that stand for sentiments.

    Attributes:
        negative, neutral, positive: of each.
    """

    negative: tuple[Word, ...] = Field(min_length=1)
    neutral: tuple[Word, ...] = ()
    positive: tuple[Word, ...] = Field(min_length=1)


class Part(Closed):
    """One labelled set that is learned from.

    Attributes:
        corpus: a name of `guandian data list`, or the path of a `.jsonl` file of your own.
        part: which part of a named set.
        most: a sample of so many reviews; all of them when unset.
        longest: leave out texts of more characters.
        balanced: of each group and length as many texts of every sentiment, so that neither tells
            the sentiment; those too many are left out.
        times: how often each text is seen in an epoch.
        leave_out: leave out the group of that name, such as a product category, or the groups of a
            list of names, here and in the dev part of the set.
        labelled_by: a model that labels the texts in place of people: `earlier`, that of the stage
            before, what `distillation.teacher` may name, or the `.toml` that describes a language
            model.
        labelled_for: what it labels them for.
        surer: only texts of whose labels it is at least so sure are learned from.
        only: keep the group of that name alone, here and in the dev part of the set.
        seed_words: words that label the texts for sentiment in place of people; the texts with
            those of one sentiment alone are learned from, without the words.
        fit_confidence: keep a share of the texts from training, as `holdout` says, to fit the
            confidence on. Not for exercises, which are no sample of what is read later.
    """

    corpus: str
    part: str = "train"
    most: int | None = Field(None, gt=0, le=10**9)
    longest: int | None = Field(None, gt=0, le=10**9)
    balanced: bool = False
    times: int = Field(1, ge=1, le=1000)
    leave_out: Word | Annotated[tuple[Word, ...], Field(min_length=1)] | None = None
    labelled_by: str | None = Field(None, min_length=1)
    labelled_for: tuple[Literal["opinions", "sentiment"], ...] = ("opinions", "sentiment")
    surer: float = Field(0.9, ge=0.5, lt=1)
    only: str | None = Field(None, min_length=1)
    seed_words: SentimentWords | None = None
    fit_confidence: bool = True

    @property
    def left_out(self) -> frozenset[str]:
        """The groups that are left out."""
        named = self.leave_out or ()
        return frozenset((named,) if isinstance(named, str) else named)


class Fold(Closed):
    """Every set cut into parts of equal size, all but one of which are learned from.

    Attributes:
        of: how many; equal texts stay in one of them.
        leave_out: which one is kept from training to fit the confidence on; 1 is the first.
    """

    of: int = Field(ge=2, le=100)
    leave_out: int = Field(ge=1, le=100)


class ClausesBeside(Closed):
    """Texts made of clauses of different reviews, mostly of contrary sides, seen once an epoch.

    Attributes:
        texts: how many, at most; they are made once, before the first epoch.
        corpora: the sets of `data` that lend their clauses, of one custom of annotation each.
    """

    texts: int = Field(ge=1, le=10**6)
    corpora: tuple[str, ...] = Field(min_length=1)


class Augmentation(Closed):
    """Changed copies of the training texts, their spans carried along, seen besides them.

    Attributes:
        kinds: what copies are made by; each by one of them, drawn.
        times: how many copies of a text; they are made once, before the first epoch.
        share: of a text's words (or Han characters) that a copy has changed; one at least.
        lexicon: a file with words of your own that say the same.
        vectors: a text file of word2vec or GloVe for the kind `similar`; unset = the embeddings of
            the base.
        beside: texts made of clauses of several reviews, besides the copies or in their place.
    """

    kinds: tuple[Kind, ...] = ()
    times: int = Field(1, ge=1, le=100)
    share: float = Field(0.1, gt=0, le=0.95)
    lexicon: str | None = Field(None, min_length=1)
    vectors: str | None = Field(None, min_length=1)
    beside: ClausesBeside | None = None

    @model_validator(mode="after")
    def _something_is_made(self) -> Self:
        if not self.kinds and self.beside is None:
            raise ValueError(f"{[*self.kinds]} for kinds and no beside would make nothing")
        return self

    @model_validator(mode="after")
    def _vectors_are_read(self) -> Self:
        if self.vectors is not None and "similar" not in self.kinds:
            raise ValueError(
                f"{self.vectors!r} as vectors is read for the kind `similar` alone, "
                "which is not named"
            )
        return self


class Averaging(Closed):
    """Weights that are scored and kept in place of the latest ones.

    Attributes:
        kind: `none`, `ema` (a running average of every step) or `last` (the mean of the last
            scorings' weights; Izmailov et al. 2018, arXiv:1803.05407).
        decay: of the running average.
        last: of how many scorings the mean is.
    """

    kind: Literal["none", "ema", "last"] = "none"
    decay: float = Field(0.995, gt=0, lt=1)
    last: int = Field(5, gt=0, le=1000)


class Optimisation(Closed):
    """How the parameters move.

    Attributes:
        epochs: passes over the data; a part of one is allowed.
        optimiser: `adamw`, `sgd` (with momentum) or `adafactor`.
        learning_rate: the highest, of the encoder.
        head_learning_rate: the highest, of the heads.
        schedule: of the rates after the warm-up: `linear` or `cosine` down to 0, or `constant`.
        weight_decay: of matrices; the rest has none.
        warmup: share of the steps in which the rates rise.
        heads_first: share of the steps in which heads alone learn (Kumar et al. 2022,
            arXiv:2202.10054).
        clip: the largest norm of a gradient.
        batch_tokens: tokens of a batch, padding counted.
        batch_texts: texts of a batch; `batch_tokens` does not count then.
        accumulate: batches whose gradients make one step.
        gradient_checkpointing: compute activations twice rather than keep them: less memory.
        dropout: of encoder and heads; unset = as the base has it.
        attention_dropout: of the attention's weights in encoders of BERT's family; unset = as
            `dropout`. None at all (0) makes a step on a processor a fifth shorter.
        word_dropout: share of the pieces of a labelled text that each sight of it masks (Iyyer et
            al. 2015, ACL P15-1162).
        averaging: of weights.
        max_tokens: the longest window, special tokens included.
        joined: share of the texts with opinions that are read joined to others of their set, as
            the parts of a long review are.
        emoji: share of the texts that get emoji which judge nothing between their clauses.
        precision: `auto` computes in bf16 where the hardware does, else in fp32.
        rounding: weights are rounded in every step as a bundle of `int8` or `int4` has them, and
            what they are rounded from learns (Jacob et al. 2017, arXiv:1712.05877), so that such a
            bundle loses nothing of what was learned.
    """

    epochs: float = Field(3.0, gt=0, le=MOST_EPOCHS)
    optimiser: Literal["adamw", "sgd", "adafactor"] = "adamw"
    learning_rate: float = Field(3e-4, gt=0, le=100)
    head_learning_rate: float = Field(1e-3, gt=0, le=100)
    schedule: Literal["linear", "cosine", "constant"] = "linear"
    weight_decay: float = Field(0.01, ge=0, le=10**6)
    warmup: float = Field(0.06, ge=0, lt=1)
    heads_first: float = Field(0.0, ge=0, lt=1)
    clip: float = Field(1.0, gt=0, le=10**9)
    batch_tokens: int = Field(1600, gt=0, le=10**6)
    batch_texts: int | None = Field(None, gt=0, le=10**5)
    accumulate: int = Field(1, gt=0, le=10**4)
    gradient_checkpointing: bool = False
    dropout: float | None = Field(None, ge=0, lt=1)
    attention_dropout: float | None = Field(None, ge=0, lt=1)
    word_dropout: float = Field(0.0, ge=0, lt=1)
    averaging: Averaging = Averaging()
    max_tokens: int = Field(224, gt=8, le=512)
    joined: float = Field(0.0, ge=0, le=1)
    emoji: float = Field(0.0, ge=0, le=1)
    precision: Literal["auto", "fp32", "bf16", "fp16"] = "auto"
    rounding: Literal["none", "int8", "int4"] = "none"


class Weights(Closed):
    """What each head's loss counts for."""

    spans: float = Field(1.0, ge=0, le=10**6)
    pairs: float = Field(1.0, ge=0, le=10**6)
    category: float = Field(1.0, ge=0, le=10**6)
    polarity: float = Field(1.0, ge=0, le=10**6)
    implicit: float = Field(1.0, ge=0, le=10**6)
    sentiment: float = Field(1.0, ge=0, le=10**6)
    tags: float = Field(1.0, ge=0, le=10**6)


class Adversary(Closed):
    """Embeddings moved to where the loss grows, learned from besides.

    Attributes:
        kind: `fgm`, one move, or `pgd`, several small ones.
        size: the longest move of a text's embeddings (Euclidean, over all its tokens).
        stride: of one small move.
        steps: how many small ones.
    """

    kind: Literal["fgm", "pgd"]
    size: float = Field(1.0, gt=0, le=10**6)
    stride: float = Field(0.3, gt=0, le=10**6)
    steps: int = Field(3, gt=0, le=100)


class Pairing(Closed):
    """What answers cost for changing when names, genders, origins or brands are swapped.

    Attributes:
        weight: of the difference; with a `bound` the multiplier that it begins with.
        kinds: of words that are swapped; empty = all.
        terms: a file with words of your own besides the shipped ones; paths count from the root.
        share: of the texts of a batch that a pair is made of at each sight.
        bound: if set, the multiplier grows while the sentiment's probabilities change by more than
            that in the mean, and falls while they do not.
        rate: by which it does, a step and unit beyond the bound.
    """

    weight: float = Field(1.0, gt=0, le=10**6)
    kinds: tuple[Word, ...] = ()
    terms: str | None = Field(None, min_length=1)
    share: float = Field(0.5, gt=0, le=1)
    bound: float | None = Field(None, gt=0, lt=1)
    rate: float = Field(1.0, gt=0, le=10**6)


class Objective(Closed):
    """What is made small besides or in place of plain cross entropy.

    Attributes:
        label_smoothing: share of the truth that is spread over all classes.
        focal: how much sure answers count for less (Lin et al. 2017, arXiv:1708.02002); 0 = not.
        class_weights: rare classes count for more, by the inverse of their frequency.
        r_drop: what two passes' answers with different dropout cost for differing (Liang et al.
            2021, arXiv:2106.14448).
        contrastive: what states of one class cost for being apart (Khosla et al. 2020,
            arXiv:2004.11362).
        temperature: of that.
        adversary: texts made harder, if any.
        language: what wrong guesses of masked pieces cost, of all texts, labelled or not (Devlin
            et al. 2018, arXiv:1810.04805).
        consistency: what answers to unlabelled texts cost for changing when pieces are masked
            (Sohn et al. 2020, arXiv:2001.07685).
        pairing: what answers cost for changing when words such as names are swapped, if anything
            (Garg et al. 2019, arXiv:1809.10610).
        masked: share of the pieces that both of them mask.
        surer: the consistency counts only answers that are at least so sure.
    """

    label_smoothing: float = Field(0.0, ge=0, lt=1)
    focal: float = Field(0.0, ge=0, le=10**6)
    class_weights: bool = False
    r_drop: float = Field(0.0, ge=0, le=10**6)
    contrastive: float = Field(0.0, ge=0, le=10**6)
    temperature: float = Field(0.1, gt=0, le=10**6)
    adversary: Adversary | None = None
    language: float = Field(0.0, ge=0, le=10**6)
    consistency: float = Field(0.0, ge=0, le=10**6)
    pairing: Pairing | None = None
    masked: float = Field(0.15, gt=0, lt=1)
    surer: float = Field(0.9, ge=0.5, lt=1)


GAP = "{mask}"
"""Stands for the masked piece of a question."""


class Question(SentimentWords):
    """A pattern before each text; words of one piece each at its gap answer for a sentiment.

    Pattern-exploiting training of Schick and Schütze 2021 (arXiv:2001.07676).

    Attributes:
        text: with one `{mask}`, such as `很{mask}，`.
    """

    text: str

    @model_validator(mode="after")
    def _has_a_gap(self) -> Self:
        if self.text.count(GAP) != 1:
            raise ValueError(f"{self.text!r} needs {GAP} once, such as 很{GAP}，")
        return self


class Distillation(Closed):
    """A model to imitate, besides learning from the labels.

    Attributes:
        teacher: `guandian-small`, a bundle's or an ensemble's folder, a name under the models
            folder, or a list of such; with the same categories and tokenizer, of any size. The
            mean of their logits is imitated.
        weight: what imitating it counts for.
    """

    teacher: str | Annotated[tuple[str, ...], Field(min_length=1)]
    weight: float = Field(1.0, gt=0, le=10**6)


class AskedNames(Closed):
    """Names that are asked along with the network: those that the texts are annotated with.

    Attributes:
        catalogue: a table or JSON-LD of brands, series, models, products and parts whose names
            count besides; paths count from the root.
    """

    catalogue: str | None = Field(None, min_length=1)


class AlikeGate(Closed):
    """How far answers may move when words are swapped, for the exported bundle to be kept.

    Attributes:
        mean: change of a probability, of the sentiment and of the opinions' confidence.
        largest: change of a probability.
        flips: share of the pairs with another label or polarity.
        kinds: of words that are swapped; empty = all.
        terms: a file with words of your own besides the shipped ones; paths count from the root.
        frames: of each kind and language at most.
    """

    mean: float = Field(0.01, ge=0, le=1)
    largest: float = Field(0.05, ge=0, le=1)
    flips: float = Field(0.002, ge=0, le=1)
    kinds: tuple[Word, ...] = ()
    terms: str | None = Field(None, min_length=1)
    frames: int = Field(40, gt=0, le=10**6)


class EvaluationSettings(Closed):
    """How often to score which dev parts, and when to give up.

    Attributes:
        corpora: names of sets with a dev part, or paths of your own files; their mean chooses
            the weights that are kept.
        gate: further ones on which the exported bundle is compared with the model.
        alike: what the exported bundle must hold when words are swapped, if anything.
        most: size of the sample of each that is scored.
        every: steps between two scorings.
        patience: stop after so many scorings without a better one.
    """

    corpora: tuple[str, ...] = ()
    gate: tuple[str, ...] = ()
    alike: AlikeGate | None = None
    most: int = Field(400, gt=0, le=10**9)
    every: int = Field(400, gt=0, le=10**9)
    patience: int = Field(10, gt=0, le=10**9)


Parallel = Literal["data", "shards", "layers"]
"""What processes divide: the batches of a step; parameters as well (FSDP); or one process its
layers over devices (`device_map`). No part of a recipe, for results do not depend on it."""
EARLIER = "earlier"
"""Names the model of the stage before."""
