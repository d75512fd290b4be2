"""Personal data written over with tokens, in a text or in a whole review."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Literal, get_args

from guandian.domain import Review, Span
from guandian.errors import GuandianError, reason
from guandian.io.bounded import MOST_SETTINGS, read_whole
from guandian.privacy.finding import find
from guandian.privacy.folding import folded_form, with_digits
from guandian.privacy.personal_data import DataType, PersonalData
from guandian.text.alignment import Alignment, apply_edits

Mode = Literal["off", "mask", "pseudonym", "last4"]
"""Nothing; a token of the type; that with a keyed pseudonym; that with the last four characters."""
MODES: tuple[Mode, ...] = get_args(Mode)
LEAST_SECRET = 16
"""Bytes that a secret has at least."""
MAKE_SECRET = "python -c 'import secrets; print(secrets.token_hex(32))' > mask.key"  # noqa: S105
"""What makes a file with a good secret."""

TOKENS: Mapping[DataType, tuple[str, str]] = {
    DataType.MOBILE: ("手机号", "phone"),
    DataType.LANDLINE: ("电话", "phone"),
    DataType.PHONE: ("电话", "phone"),
    DataType.ID_CARD: ("身份证号", "id card"),
    DataType.BANK_CARD: ("银行卡号", "bank card"),
    DataType.PASSPORT: ("护照号", "passport"),
    DataType.PERMIT: ("证件号", "permit"),
    DataType.PLATE: ("车牌号", "plate"),
    DataType.EMAIL: ("邮箱", "e-mail"),
    DataType.WECHAT: ("微信号", "wechat"),
    DataType.QQ: ("QQ号", "qq"),
    DataType.ORDER: ("订单号", "order"),
    DataType.PARCEL: ("快递单号", "parcel"),
    DataType.ADDRESS: ("地址", "address"),
    DataType.NAME: ("姓名", "name"),
}
"""What a token says, in a text with Han characters and in another."""
_OF_USERS = ("用户", "user")
"""What a token in place of a user says."""
_NO_LAST_FOUR = frozenset((DataType.PLATE, DataType.EMAIL, DataType.ADDRESS, DataType.NAME))
_HAN = re.compile("[\u3000-\u303f\u3400-\u9fff\uff01-\uff5e]")
_LETTER = re.compile("[A-Za-z]{2}")
_SIGNS = re.compile(r"[^\w@]+")
_COUNTRY = re.compile(r"^(?:00)?86(?=1[3-9]\d{9}$)")


@dataclass(frozen=True, slots=True)
class Masking:
    """How personal data is written over.

    Attributes:
        mode: `mask` writes `[手机号]`, or `[phone]` in a text without Han characters; `pseudonym`
            adds twelve letters that are the same wherever the same number, name or address stands
            (a keyed HMAC-SHA256); `last4` keeps the last four characters of numbers that have at
            least eight; `off` changes nothing.
        secret: the key of `pseudonym`, at least `LEAST_SECRET` bytes; never shown.

    Raises:
        GuandianError: an unknown mode, or `pseudonym` without such a secret.
    """

    mode: Mode = "mask"
    secret: bytes = field(default=b"", repr=False)

    def __post_init__(self) -> None:
        """Refuse what would give pseudonyms that anybody can undo."""
        if self.mode not in MODES:
            raise GuandianError(
                f"there is no masking {self.mode!r}", f"choose among {', '.join(MODES)}"
            )
        if self.mode == "pseudonym" and len(self.secret) < LEAST_SECRET:
            raise GuandianError(
                f"a pseudonym needs a secret of at least {LEAST_SECRET} bytes, this one has"
                f" {len(self.secret)}",
                MAKE_SECRET,
            )

    def text(self, text: str) -> tuple[str, Alignment]:
        """The masked text and its alignment with `text`; a token stands for all that it hides."""
        if self.mode == "off":
            return text, Alignment.identity(len(text))
        return apply_edits(text, self._edits(text, find(text)))

    def cell(self, text: str, column: str) -> str:
        """A masked cell of a table; the name of its column says what stands in it."""
        if self.mode == "off" or not text.strip():
            return text
        if kind := _kind_of(column):
            return self._token(text, kind, han=_is_chinese(column + text))
        before = f"{column}: "
        edits = [
            (data.span.start - len(before), data.span.end - len(before), data.type)
            for data in find(before + text)
            if data.span.start >= len(before)
        ]
        han = _is_chinese(text)
        return apply_edits(
            text, ((a, b, self._token(text[a:b], kind, han=han)) for a, b, kind in edits)
        )[0]

    def review(self, review: Review) -> Review:
        """The review as it is mined and kept: text, user and the owner's other columns masked.

        Its id, product, brand and source stay as they are.
        """
        if self.mode == "off":
            return review
        text, alignment = self.text(review.text)
        parts = {name: alignment.to_clean(span) for name, span in review.parts.items()}
        return replace(
            review,
            text=text,
            user=review.user and self._user(review.user),
            extra={name: self.cell(cell, name) for name, cell in review.extra.items()},
            parts={name: span for name, span in parts.items() if span},
        )

    @property
    def fingerprint(self) -> str:
        """What tells two maskings apart, without the secret."""
        if self.mode != "pseudonym":
            return self.mode
        return f"{self.mode} {self._pseudonym('fingerprint', '')}"

    def _edits(self, text: str, pieces: tuple[PersonalData, ...]) -> Iterator[tuple[int, int, str]]:
        han = _is_chinese(text)
        for data in pieces:
            token = self._token(data.span.of(text), data.type, han=han)
            yield data.span.start, data.span.end, token

    def _token(self, value: str, kind: DataType, *, han: bool) -> str:
        name = TOKENS[kind][0 if han else 1]
        if self.mode == "pseudonym":
            return f"[{name} {self._pseudonym(kind, value)}]"
        if self.mode == "last4" and kind not in _NO_LAST_FOUR:
            plain = comparable(value, kind)
            if len(plain) >= 8:
                return f"[{name}{plain[-4:].upper()}]"
        return f"[{name}]"

    def _user(self, user: str) -> str:
        name = _OF_USERS[0 if _is_chinese(user) else 1]
        return (
            f"[{name} {self._pseudonym('user', user)}]" if self.mode == "pseudonym" else f"[{name}]"
        )

    def _pseudonym(self, kind: str, value: str) -> str:
        plain = comparable(value, DataType(kind)) if kind in set(DataType) else value
        digest = hmac.digest(
            self.secret, f"{kind}\0{plain}".encode(errors="surrogatepass"), hashlib.sha256
        )
        return base64.b32encode(digest).decode().lower().translate(_LETTERS)[:12]


def read_secret(file: Path) -> bytes:
    """The secret of pseudonyms: the bytes of a file, blanks and line ends around them aside.

    Raises:
        GuandianError: it cannot be read, or has fewer than `LEAST_SECRET` bytes.
    """
    try:
        secret = read_whole(file, MOST_SETTINGS).strip()
    except OSError as error:
        raise GuandianError(
            f"cannot read the secret of pseudonyms {file}: {reason(error)}", MAKE_SECRET
        ) from error
    return Masking("pseudonym", secret).secret


_LETTERS = str.maketrans("234567", "abcdef")
"""Digits of base 32 as letters: no pseudonym looks like a number."""


def _is_chinese(text: str) -> bool:
    """Tell whether tokens in a text are Chinese: it has such characters, or no words at all."""
    return _HAN.search(text) is not None or _LETTER.search(text) is None


def comparable(value: str, kind: DataType) -> str:
    """A value without what people write differently: width, blanks, hyphens, +86, case."""
    plain = folded_form(value)[0].lower()
    if kind in (DataType.MOBILE, DataType.LANDLINE, DataType.PHONE):
        digits = re.sub(r"\D", "", with_digits(plain) if kind == DataType.MOBILE else plain)
        return _COUNTRY.sub("", digits)
    return _SIGNS.sub("", plain)


_SAID = "|".join(sorted({*chain(*TOKENS.values()), *_OF_USERS}))
_TOKEN = re.compile(rf"\[(?:{_SAID})(?: [a-z]{{12}}|[0-9A-Z]{{4}})?\]")


def find_tokens(text: str) -> tuple[Span, ...]:
    """Where tokens stand in a text that a masking of any mode wrote."""
    return tuple(Span(token.start(), token.end()) for token in _TOKEN.finditer(text))


_COLUMNS: tuple[tuple[DataType, str], ...] = (
    (DataType.MOBILE, r"手机号?码?|联系手机|mobile(?: ?phone)?|cell ?phone"),
    (DataType.LANDLINE, r"(?:联系)?电话(?:号码)?|座机|phone(?: ?number)?|tel(?:ephone)?"),
    (DataType.ID_CARD, r"身份证号?码?|证件号码?"),
    (DataType.EMAIL, r"(?:电子)?邮箱(?:地址)?|邮件地址|e-?mail(?: ?address)?"),
    (DataType.WECHAT, r"微信号?|wechat"),
    (DataType.QQ, r"qq号?码?"),
    (DataType.ORDER, r"订单编?号|order ?(?:id|number|no)"),
    (DataType.PARCEL, r"(?:快递|物流|运)单?号|tracking ?(?:id|number|no)"),
    (DataType.ADDRESS, r"(?:收货|收件|联系|详细|家庭)?地址|(?:(?:shipping|postal) )?address"),
    (DataType.NAME, r"(?:[收联][货件系]人|买家|客户|会员|用户|真实)?(?:姓名|名字)|[收联][货件系]人"
     r"|(?:买家|用户|会员|客户)?昵称|nick ?name"
     r"|(?:customer|full|first|last|recipient|buyer|user) ?name"),
)  # fmt: skip
_COLUMN_PATTERNS = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in _COLUMNS)


def _kind_of(column: str) -> DataType | None:
    """What every cell of a column is, by its name alone."""
    name = folded_form(column)[0].strip().replace("_", " ")
    return next((kind for kind, pattern in _COLUMN_PATTERNS if pattern.fullmatch(name)), None)


def mask(text: str, mode: Mode = "mask", secret: bytes | None = None) -> tuple[str, Alignment]:
    """Write over the personal data of a text; see `Masking`.

    Returns:
        The masked text and its alignment: `to_raw` and `to_clean` map spans both ways.

    Raises:
        GuandianError: an unknown mode, or `pseudonym` without a secret of 16 bytes.
    """
    return Masking(mode, secret or b"").text(text)
