"""Check digits: sums that a mistyped or invented number seldom meets."""

from __future__ import annotations

from datetime import date

_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"
_PROVINCES = frozenset((
    11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46, 50, 51, 52,
    53, 54, 61, 62, 63, 64, 65, 71, 81, 82, 83, 91,
))  # fmt: skip
_TAIWAN = "ABCDEFGHJKLMNPQRSTUVXYWZIO"


def meets_luhn(digits: str) -> bool:
    """Tell whether the last digit is that of Luhn's sum, as on every bank card."""
    total = 0
    for position, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (1 + position % 2)
        total += doubled - 9 * (doubled > 9)
    return total % 10 == 0


def is_birthday(year: str, month: str, day: str) -> bool:
    """Tell whether somebody alive may have been born on that day."""
    try:
        born = date(int(year), int(month), int(day))
    except ValueError:
        return False
    return date(1900, 1, 1) <= born <= date.today()


def looks_like_resident_id(number: str) -> bool:
    """Tell whether 18 or 15 characters begin with a province and hold a birthday."""
    if int(number[:2]) not in _PROVINCES or number[2:6] == "0000":
        return False
    born = number[6:14] if len(number) == 18 else "19" + number[6:12]
    return is_birthday(born[:4], born[4:6], born[6:])


def meets_resident_check(number: str) -> bool:
    """Tell whether the eighteenth character is the check of the others (GB 11643)."""
    total = sum(int(d) * w for d, w in zip(number[:17], _ID_WEIGHTS, strict=True))
    return _ID_CHECKS[total % 11] == number[17].upper()


def meets_hong_kong_check(letters: str, digits: str, check: str) -> bool:
    """Tell whether the character in brackets is the check of a Hong Kong identity card."""
    values = [36] * (2 - len(letters)) + [ord(letter) - 55 for letter in letters]
    values += [int(digit) for digit in digits]
    total = sum(value * (9 - position) for position, value in enumerate(values))
    return (total + (10 if check == "A" else int(check))) % 11 == 0


def meets_taiwan_check(number: str) -> bool:
    """Tell whether a letter and nine digits are an identity card of Taiwan."""
    area = _TAIWAN.index(number[0]) + 10
    digits = [area // 10, area % 10, *map(int, number[1:])]
    weights = (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1)
    return sum(d * w for d, w in zip(digits, weights, strict=True)) % 10 == 0
