"""A large language model that mines: the same records as of a bundle, every span checked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from threading import BoundedSemaphore, Event, Lock

from guandian.chat import Chat, ChatRequest, Completion, Refused
from guandian.domain import Language, Mined, Opinion, Polarity, Review, Sentiment, Span
from guandian.domain.records import UNKNOWN_SENTIMENT
from guandian.errors import GuandianError
from guandian.llm.extraction.answer_reading import CUT, UNREADABLE, ReadAnswer, read_answer
from guandian.llm.extraction.answer_schema import answer_schema
from guandian.llm.extraction.prompts import question
from guandian.llm.extraction.quoted_places import QuotedText, parts_of
from guandian.llm.extraction.similar_examples import SimilarExamples
from guandian.tasks.opinions import Source, around, clause_evidence, display_tag
from guandian.text.cleaning import NOTHING_TO_READ, clean, says_nothing
from guandian.text.language import language
from guandian.text.sentences import clauses, sentences

REFUSED = "refused"
_SHOWN = 80
"""Characters of what an endpoint calls itself."""
MOST_CHARACTERS = 3000
"""Of a text in one question; a longer one is asked about part by part."""

_Key = tuple[Span | None, Span | None, str, Polarity]


@dataclass
class AnswerCounts:
    """What became of the answers so far; thread-safe through `add`."""

    answers: int = 0
    unreadable: int = 0
    cut: int = 0
    opinions: int = 0
    not_verbatim: int = 0
    malformed: int = 0
    contrary: int = 0
    refused: int = 0
    prompt_tokens: int = 0
    answer_tokens: int = 0
    lost_tokens: int = 0
    _lock: Lock = field(default_factory=Lock)

    def add(self, **counts: int) -> None:
        """Count."""
        with self._lock:
            for name, count in counts.items():
                setattr(self, name, getattr(self, name) + count)

    def figures(self) -> dict[str, int]:
        """All counts by name."""
        return {name: value for name, value in vars(self).items() if name[0] != "_"}


@dataclass(frozen=True)
class LLMMiner:
    """Asks a model about each review, and keeps what stands in the review.

    An opinion's confidence is the share of answers that have it: with one answer 1, and no
    probability (`fitted` is False).

    Attributes:
        chat: the model.
        names: the Chinese and English name of each category.
        model: what results name as their model.
        votes, temperature, max_tokens: see `LanguageModel`.
        parallel: reviews that are asked about at the same time.
        examples: labelled reviews to show, and how many.
        shots: how many.
        prompt: the language of the instructions; `review` is that of the review.
        apart: each sentence is asked about by itself, in its own language.
        tally: counts what was dropped.
        room: for the questions of several miners together; None bounds each by its own `parallel`.
    """

    chat: Chat
    names: Mapping[str, tuple[str, str]]
    model: str
    votes: int = 1
    temperature: float = 0.0
    max_tokens: int = 1024
    parallel: int = 4
    examples: SimilarExamples = field(default_factory=lambda: SimilarExamples([]))
    shots: int = 4
    prompt: str = "review"
    apart: bool = False
    tally: AnswerCounts = field(default_factory=AnswerCounts)
    room: BoundedSemaphore | None = field(default=None, repr=False)
    _room: BoundedSemaphore = field(init=False, repr=False)
    _ended: Event = field(init=False, repr=False, default_factory=Event)

    def __post_init__(self) -> None:
        # Several threads of a job may ask at once; together they are bound by `parallel`.
        object.__setattr__(self, "_room", self.room or BoundedSemaphore(self.parallel))

    @contextmanager
    def stopping(self) -> Iterator[None]:
        """Ask nothing more while the block lasts; what waits ends with an error."""
        self._ended.set()
        try:
            yield
        finally:
            self._ended.clear()

    def mine(self, reviews: Sequence[Review]) -> list[Mined]:
        """Mine each review, in their order.

        Raises:
            GuandianError: the model does not answer, or the budget is spent.
        """
        with ThreadPoolExecutor(self.parallel, thread_name_prefix="llm") as pool:
            tasks = [pool.submit(self._mined, review) for review in reviews]
            try:
                return [task.result() for task in tasks]
            except BaseException:
                for task in tasks:
                    task.cancel()
                raise

    def predict(self, texts: Sequence[str]) -> list[Mined]:
        """Mine bare texts, for `evaluation` to score."""
        return self.mine([Review(str(index), text) for index, text in enumerate(texts)])

    def _mined(self, review: Review) -> Mined:
        source = Source(review.text, *clean(review.text))
        spoken = review.language or language(source.cleaned)
        if says_nothing(source.cleaned):
            why = (NOTHING_TO_READ,)
            return Mined(
                review.id, spoken, UNKNOWN_SENTIMENT, (), (), why, self.model, fitted=False
            )
        answers = [
            _Part(part, [self._asked(source.cleaned, part, spoken, vote)
                         for vote in range(self.votes)])
            for part in self._parts(source.cleaned)
        ]  # fmt: skip
        votes, dropped, contrary = self._votes(source, answers)
        opinions = self._opinions(review, source, votes)
        read = [answer for part in answers for answer in part.answers]
        malformed = sum(answer.malformed for answer in read)
        faults = Counter(answer.fault for answer in read)
        self.tally.add(
            answers=len(read), unreadable=faults[UNREADABLE], cut=faults[CUT],
            opinions=len(opinions), not_verbatim=dropped, malformed=malformed,
            contrary=contrary, refused=faults[REFUSED],
        )  # fmt: skip
        lost = sum(answer.lost_tokens for answer in read)
        warnings = _warnings(faults, dropped, malformed, contrary, lost)
        others = dict.fromkeys(answer.other_model for answer in read if answer.other_model)
        warnings += tuple(f"llm: another model answered: {name}" for name in others)
        return Mined(
            review.id, spoken, _sentiment(read), opinions, (), warnings, self.model, fitted=False
        )

    def _parts(self, text: str) -> list[Span]:
        """What is asked about at once, in the order of the text."""
        if not self.apart:
            return list(parts_of(text, MOST_CHARACTERS))
        whole = [sentence for sentence in sentences(text) if not says_nothing(sentence.of(text))]
        return [
            _moved(part, sentence.start)
            for sentence in whole
            for part in parts_of(sentence.of(text), MOST_CHARACTERS)
        ]

    def _asked(self, whole: str, part: Span, spoken: Language, vote: int) -> ReadAnswer:
        text = part.of(whole)
        spoken = language(text) if self.apart else spoken
        chinese = self.prompt == "zh" or (
            self.prompt == "review" and spoken is not Language.ENGLISH
        )
        shown = self.examples.likest(text, self.shots, whole)
        request = ChatRequest(
            question(text, self.names, shown, chinese=chinese),
            answer_schema(tuple(self.names)),
            self.max_tokens,
            self.temperature,
            seed=vote,
        )
        with self._room:
            if self._ended.is_set():
                raise GuandianError("mining was stopped", "go on with --resume")
            try:
                completion = self.chat.complete(request)
            except Refused:
                if not self.tally.prompt_tokens:
                    raise  # of the first ones: how it is asked is wrong, not a review
                return ReadAnswer((), None, 0, REFUSED)
        self._count(completion)
        answer = read_answer(completion.text, _spellings(self.names))
        fault = answer.fault or (CUT if completion.cut else "")
        return replace(
            answer,
            fault=fault,
            lost_tokens=completion.lost_tokens,
            other_model=_other(completion.model, self.chat.model),
        )

    def _count(self, completion: Completion) -> None:
        self.tally.add(
            prompt_tokens=completion.prompt_tokens,
            answer_tokens=completion.answer_tokens,
            lost_tokens=completion.lost_tokens,
        )

    def _votes(self, source: Source, parts: Sequence[_Part]) -> tuple[dict[_Key, float], int, int]:
        """The opinions of half the answers or more, each with its share.

        Returns:
            Them; how many stand nowhere in the text; how many are as often said the other way.
        """
        shares: dict[_Key, float] = {}
        dropped = contrary = 0
        for part in parts:
            counts: Counter[_Key] = Counter()
            for answer in part.answers:
                text = QuotedText(part.span.of(source.cleaned))
                keys: dict[_Key, None] = {}
                for quoted in answer.opinions:
                    spans = text.place(quoted.aspect, quoted.expression)
                    if spans is None:
                        dropped += 1
                        continue
                    aspect, expression = (span and _moved(span, part.span.start) for span in spans)
                    keys[aspect, expression, quoted.category, quoted.polarity] = None
                counts.update(keys.keys())
            most = len(part.answers)
            for key, count in counts.items():
                rivals = [counts[*key[:3], p] for p in Polarity if p is not key[3]]
                if 2 * count < most or count < max(rivals):
                    continue
                if count == max(rivals):
                    contrary += 1
                else:
                    shares[key] = count / most
        return shares, dropped, contrary

    def _opinions(
        self, review: Review, source: Source, votes: Mapping[_Key, float]
    ) -> tuple[Opinion, ...]:
        parts, borders = clauses(source.cleaned), [part.start for part in review.parts.values()]
        opinions = []
        for (aspect, expression, category, polarity), share in votes.items():
            spans = [span for span in (aspect, expression) if span is not None]
            raw = [span and source.alignment.to_raw(span) for span in (aspect, expression)]
            first = min(span.start for span in raw if span is not None)
            last = max(span.end for span in raw if span is not None)
            if any(first < border < last for border in borders):
                continue  # words of two columns are no opinion
            evidence = source.alignment.to_raw(clause_evidence(spans, parts, source.cleaned))
            opinions.append(
                Opinion(
                    raw[0], raw[1], around(evidence, *raw), category, polarity, round(share, 6),
                    display_tag(source.cleaned, aspect, expression, self.names[category]),
                )
            )  # fmt: skip
        return tuple(sorted(opinions, key=lambda opinion: opinion.evidence))


@dataclass(frozen=True, slots=True)
class _Part:
    span: Span
    answers: Sequence[ReadAnswer]


def _warnings(
    faults: Counter[str], dropped: int, malformed: int, contrary: int, lost: int
) -> tuple[str, ...]:
    """What was lost of a review, in words."""
    warnings = {
        "llm: an answer could not be read; no opinions of it": faults[UNREADABLE],
        "llm: an answer broke off; what came before is kept": faults[CUT],
        f"llm: what it quotes does not stand in the review; {dropped} opinions dropped": dropped,
        f"llm: not in the closed form; {malformed} opinions dropped": malformed,
        f"llm: of the same words both ways are said; {contrary} opinions dropped": contrary,
        "llm: the model refuses to read it; no opinions of it": faults[REFUSED],
        f"llm: attempts failed before it was answered; {lost} tokens counted for them": lost,
    }
    return tuple(words for words, count in warnings.items() if count)


def _other(stated: str, wanted: str) -> str:
    """The model that answered, as far as an endpoint names another one than was asked.

    One whose name holds the other's is the same: many state a version, or the file of the weights.
    """
    named, ours = stated.casefold(), wanted.casefold()
    if not named or ours in named or named in ours:
        return ""
    return "".join(sign if sign.isprintable() else " " for sign in stated)[:_SHOWN]


def _moved(span: Span, by: int) -> Span:
    return Span(span.start + by, span.end + by)


def _spellings(names: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    """Each way to write a category, folded, and its key."""
    return {spelling.casefold(): key for key, named in names.items() for spelling in (key, *named)}


def _sentiment(answers: Sequence[ReadAnswer]) -> Sentiment:
    """The shares of the answers; an answer that does not say counts by most of its opinions."""
    labels = [label for label in map(_label, answers) if label is not None]
    if not labels:
        return UNKNOWN_SENTIMENT
    counts = Counter(labels)
    shares = [round(counts[p] / len(labels), 6) for p in Polarity]
    (label, most), *others = counts.most_common()
    tied = any(count == most for _, count in others)
    return Sentiment(Polarity.NEUTRAL if tied else label, *shares)


def _label(answer: ReadAnswer) -> Polarity | None:
    if answer.sentiment is not None or not answer.opinions:
        return answer.sentiment
    counts = Counter(opinion.polarity for opinion in answer.opinions)
    return counts.most_common(1)[0][0]
