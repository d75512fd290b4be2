"""How many characters of a rendered review does the recogniser read rightly?

    python bench/pictures.py --root FOLDER --fonts A.ttc B.otf ...

Chinese reviews of guandian-written train by seed, three in a picture, each font in five shapes:
plain, blurred (Gaussian, radius 1.2 pixels at 30 pixels a character), turned by 3 degrees, bubbles
of a chat, columns from top to bottom. Accuracy is 1 - edit distance / length over all reviews of a
row, blanks and line breaks aside; `folded` takes full-width and narrow forms for one (NFKC).
`ordered` is the share of pictures whose reviews come in their order.
"""

from __future__ import annotations

import argparse
import json
import random
import time
import unicodedata
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from guandian.media import Picture, RapidRecogniser, read_picture

SHAPES = ("plain", "blurred", "turned", "chat", "columns")
SIZE, WIDTH, MARGIN = 30, 720, 36
COUNT = 3


def main() -> None:
    """Render, read, and print a row for each font and shape."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=Path, required=True, help="the folder of the data sets")
    parser.add_argument("--fonts", type=Path, nargs="+", required=True)
    parser.add_argument("--pictures", type=int, default=2, help="of each font and shape")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    path = options.root / "guandian_written" / "train.jsonl"
    texts = [json.loads(line)["text"] for line in path.read_text("utf-8").splitlines()]
    texts = [squeezed(text) for text in texts if 12 <= len(text) <= 90 and chinese(text)]
    draw = random.Random(options.seed)
    recogniser = RapidRecogniser()
    rows: defaultdict[str, list[tuple[int, int, int, bool, float]]] = defaultdict(list)
    for font in options.fonts:
        for shape in SHAPES:
            for _ in range(options.pictures):
                row = trial(draw.sample(texts, COUNT), font, shape, recogniser)
                for key in (f"{font.stem} {shape}", shape, font.stem, "all"):
                    rows[key].append(row)
            print(told(f"{font.stem} {shape}", rows), flush=True)
    for key in (*SHAPES, *(font.stem for font in options.fonts), "all"):
        print(told(key, rows))


def told(key: str, rows: dict[str, list[tuple[int, int, int, bool, float]]]) -> str:
    """A row of the table."""
    lengths, exact, folded, ordered, seconds = zip(*rows[key], strict=True)
    total = sum(lengths)
    return (
        f"{key:36} {1 - sum(exact) / total:.4f}  folded {1 - sum(folded) / total:.4f}  "
        f"ordered {np.mean(ordered):.2f}  n {total} characters, {len(lengths)} pictures, "
        f"{np.mean(seconds):.2f} CPU s each"
    )


def trial(
    reviews: list[str], font: Path, shape: str, recogniser: RapidRecogniser
) -> tuple[int, int, int, bool, float]:
    """Characters, edits, edits once folded, whether in order, and processor seconds."""
    picture = Picture("drawn.png", "0" * 64, drawn(reviews, font, shape))
    begin = time.process_time()
    text, _ = read_picture(picture, recogniser)
    seconds = time.process_time() - begin
    whole, seen = squeezed("".join(reviews)), squeezed(text)
    starts = [wide(seen).find(wide(squeezed(review))[1:5]) for review in reviews]
    ordered = -1 not in starts and starts == sorted(starts)
    return len(whole), edits(whole, seen), edits(wide(whole), wide(seen)), ordered, seconds


def chinese(text: str) -> bool:
    """Tell whether no more than a tenth of a text are letters and digits of other scripts."""
    return sum(character.isascii() for character in text) * 10 <= len(text)


def squeezed(text: str) -> str:
    """The text without blanks."""
    return "".join(text.split())


def wide(text: str) -> str:
    """The text in narrow forms."""
    return unicodedata.normalize("NFKC", text)


def edits(gold: str, seen: str) -> int:
    """The edit distance of two texts."""
    before = list(range(len(seen) + 1))
    for k, character in enumerate(gold, 1):
        row = [k]
        for j, other in enumerate(seen, 1):
            row.append(min(before[j] + 1, row[-1] + 1, before[j - 1] + (character != other)))
        before = row
    return before[-1]


def drawn(reviews: list[str], font: Path, shape: str) -> Any:
    """Pixels of a picture with the reviews in it."""
    from PIL import Image, ImageDraw, ImageFilter, ImageFont

    letters = ImageFont.truetype(str(font), SIZE)
    if shape == "columns":
        return columns(reviews, letters)
    chat = shape == "chat"
    image = Image.new("RGB", (WIDTH, 2400), (237, 237, 237) if chat else "white")
    pen, y = ImageDraw.Draw(image), MARGIN
    for number, review in enumerate(reviews):
        lines = wrapped(review, pen, letters, (460 if chat else WIDTH - 2 * MARGIN))
        step, x = round(SIZE * 1.4), MARGIN
        if chat:
            width = max(pen.textlength(line, font=letters) for line in lines)
            x = MARGIN + 20 if number % 2 else WIDTH - MARGIN - 20 - round(width)
            frame = (x - 20, y - 14, x + width + 20, y + step * len(lines) + 8)
            pen.rounded_rectangle(frame, 14, fill="white" if number % 2 else (149, 236, 105))
        for line in lines:
            pen.text((x, y), line, font=letters, fill=(25, 25, 25))
            y += step
        y += round(SIZE * 1.6)
    image = image.crop((0, 0, WIDTH, y + MARGIN))
    if shape == "blurred":
        image = image.filter(ImageFilter.GaussianBlur(1.2))
    if shape == "turned":
        image = image.rotate(3, expand=True, fillcolor="white", resample=Image.Resampling.BICUBIC)
    return np.asarray(image)


def wrapped(text: str, pen: Any, font: Any, width: int) -> list[str]:
    """The text in lines of a width."""
    lines = [""]
    for character in text:
        if pen.textlength(lines[-1] + character, font=font) > width:
            lines.append("")
        lines[-1] += character
    return lines


def columns(reviews: list[str], font: Any) -> Any:
    """The reviews in columns from the right, 14 characters each, a gap between two reviews."""
    from PIL import Image, ImageDraw

    parts = [
        review[k : k + 14] for review in map(squeezed, reviews) for k in range(0, len(review), 14)
    ]
    heads = {review[:14] for review in map(squeezed, reviews)}
    image = Image.new("RGB", (len(parts) * 44 + len(reviews) * 60 + 80, 14 * 34 + 80), "white")
    pen, x = ImageDraw.Draw(image), image.width - 40
    for part in filter(None, parts):
        x -= 104 if part in heads else 44
        for k, character in enumerate(part):
            pen.text((x + SIZE / 2, 40 + 34 * k), character, font=font, fill="black", anchor="ma")
    return np.asarray(image)


if __name__ == "__main__":
    main()
