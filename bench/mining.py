"""How fast, how lean: `guandian mine` beside the unpruned 12-layer model in torch, as ratios.

    python bench/mining.py [--root FOLDER] [--reviews 3000] [--rows 100000] [--rounds 3]

With --root (it holds `data/` and `models/`) the reviews are those of the laptop set and the
12-layer model is the base; without it they are made of the shipped examples' sentences, and the
model has the same shape and random weights, which are as fast. What is compared runs in turns in
one run. Prints Markdown rows for docs/experiments.md; a busy machine distorts everything.

    python bench/mining.py --beside CHECKOUT [--beside ANOTHER] [--threads 1]

compares this checkout with others instead, by processor time, each with its own shipped model:
the same command in turns, and whether the outputs are equal.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np

from guandian.assets import assets
from guandian.bundle import Bundle, shipped
from guandian.data import data_folder
from guandian.engine import usable_cores
from guandian.files import read_reviews
from guandian.pipelines import open_miner
from guandian.text.pieces import Pieces
from guandian.text.sentences import sentences

BATCH = 32
UNPRUNED = 12
TEXT = "屏幕很清晰😀，但是电池不耐用"
BARE = """
import onnxruntime, tokenizers
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
onnxruntime.InferenceSession({network!r}, options)
tokenizers.Tokenizer.from_file({tokenizer!r})
"""
OPENING = "from guandian.pipelines import open_miner; open_miner({bundle!r}, 1)"


def main() -> None:
    """Print the table."""
    asked = arguments()
    if asked.torch:
        print(json.dumps(torch_seconds(asked.torch, asked.root, asked.bundle)))
        return
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        if asked.beside:
            beside(asked, place)
            return
        show("measure", "value", "asked")
        show("---", "---", "---")
        speed(asked, place)
        tokens(asked, place)
        growth(asked, place)
        cold_start(asked)


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--root", type=Path, help="holds data/ and models/")
    parser.add_argument("--bundle", type=Path, help="instead of the shipped one")
    parser.add_argument("--reviews", type=int, default=3000, help="mined for the speed")
    parser.add_argument("--few", type=int, default=400, help="of them for the torch model")
    parser.add_argument("--rows", type=int, default=100_000, help="of the large file")
    parser.add_argument("--rounds", type=int, default=3, help="the median of so many")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--beside", type=Path, action="append", help="a checkout to compare with")
    parser.add_argument("--threads", type=int, help="of the command, where checkouts are compared")
    parser.add_argument("--torch", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    asked.bundle = asked.bundle or shipped()
    return asked


def speed(asked: argparse.Namespace, place: Path) -> None:
    """Reviews a second from file to file, and those of the 12-layer model on the same corpus."""
    texts = corpus(asked)
    few = random.Random(asked.seed).sample(texts, min(asked.few, len(texts)))
    whole, part = write(place / "reviews.txt", texts), write(place / "few.txt", few)
    ours, theirs = [], []
    for _ in range(asked.rounds):
        command = [sys.executable, __file__, "--torch", part, "--bundle", asked.bundle]
        command += ["--root", asked.root] if asked.root else []
        theirs.append(len(few) / float(json.loads(run(*command).stdout)))
        ours.append(len(texts) / mine(whole, place / "out.jsonl", asked.bundle)[0])
    characters = sum(map(len, texts)) / len(texts)
    name = f"{len(texts):,} reviews of {characters:.0f} characters, {usable_cores()} cores"
    show(f"torch, fp32, {UNPRUNED} layers, batches of {BATCH}: reviews/s", spread(theirs), "")
    show(f"guandian mine, file to file ({name}): reviews/s", spread(ours), "")
    show("ratio", f"{median(ours) / median(theirs):.1f}", "at least 5, aim 10")


def beside(asked: argparse.Namespace, place: Path) -> None:
    """Processor seconds of the command in this checkout for those in others, run in turns."""
    texts = corpus(asked)
    file = write(place / "reviews.txt", texts)
    checkouts = [Path(__file__).parents[1], *asked.beside]
    outs = [place / f"{number}.jsonl" for number in range(len(checkouts))]
    seconds: list[list[float]] = [[] for _ in checkouts]
    for _ in range(asked.rounds):
        for checkout, out, taken in zip(checkouts, outs, seconds, strict=True):
            command = [sys.executable, "-m", "guandian", "mine", file, "-o", out, "--overwrite"]
            command += ["--quiet", *(["--threads", asked.threads] if asked.threads else [])]
            surroundings = {**os.environ, "PYTHONPATH": str(checkout / "src")}
            child = subprocess.Popen([*map(str, command)], env=surroundings)
            _, status, used = os.wait4(child.pid, 0)
            if status:
                raise SystemExit(f"{checkout}: ended with {os.waitstatus_to_exitcode(status)}")
            taken.append(used.ru_utime + used.ru_stime)
    show("checkout", "reviews/s of processor time", "this one's for it", "same output")
    show("---", "---", "---", "---")
    for checkout, out, taken in zip(checkouts, outs, seconds, strict=True):
        ratio = median(b / a for a, b in zip(seconds[0], taken, strict=True))
        same = "yes" if out.read_bytes() == outs[0].read_bytes() else "no"
        speeds = spread([len(texts) / each for each in taken])
        show(checkout.name, speeds, f"{ratio:.2f}", same)


def tokens(asked: argparse.Namespace, place: Path) -> None:
    """Tokens that pass through the network for each token that is in the texts."""
    miner = open_miner(asked.bundle, threads=1)
    computed = 0

    def counting(ids: np.ndarray) -> dict[str, np.ndarray]:
        nonlocal computed
        computed += ids.size
        return miner.reader.forward(ids)

    reviews = list(read_reviews(place / "reviews.txt"))
    one = open_miner(asked.bundle, threads=1)
    one.reader = replace(miner.reader, forward=counting)
    one.mine(reviews)
    from guandian.text.cleaning import clean

    real = sum(len(miner.reader.pieces.encode(clean(r.text)[0]).ids) + 2 for r in reviews)
    show("computed tokens for each real one", f"{computed / real:.3f}", "at most 1.05")


def growth(asked: argparse.Namespace, place: Path) -> None:
    """Memory of a large file beside a small one, and of its time what a second run takes."""
    peaks, took = [], 0.0
    large = place / "large.jsonl"
    for rows in (2000, asked.rows):
        write(place / "rows.txt", made_up(rows, asked.seed, most=2))
        took, peak = mine(place / "rows.txt", large, asked.bundle)
        peaks.append(peak)
    again = [mine(place / "rows.txt", large, asked.bundle, "--resume")[0] for _ in range(3)]
    name = f"memory of {asked.rows:,} rows for that of 2,000"
    show(name, f"{peaks[1] / peaks[0]:.3f} ({peaks[0]:.0f} and {peaks[1]:.0f} MB)", "at most 1.15")
    name = f"a finished job of {took:.0f} s run again: share of its time"
    show(name, f"{median(again) / took:.2%} ({median(again):.2f} s)", "under 2 %")


def cold_start(asked: argparse.Namespace) -> None:
    """The first answer of a fresh process, for the time that importing and opening take."""
    bundle = Bundle.open(asked.bundle)
    bare = BARE.format(network=str(bundle.network), tokenizer=str(bundle.tokenizer))
    codes = {
        "bare": ["-c", bare],
        "opening": ["-c", OPENING.format(bundle=str(asked.bundle))],
        "answer": ["-c", f"{OPENING.format(bundle=str(asked.bundle))}{FIRST}"],
        "command": ["-m", "guandian", "mine", "--model", str(asked.bundle), "--text", TEXT],
    }
    seconds: dict[str, list[float]] = {name: [] for name in codes}
    for _ in range(2 * asked.rounds + 1):
        for name, code in codes.items():
            began = time.perf_counter()
            run(sys.executable, *code)
            seconds[name].append(time.perf_counter() - began)
    took = {name: median(each) for name, each in seconds.items()}
    opening = f"importing and opening: {took['opening']:.2f} s"
    share = took["answer"] / took["opening"]
    show(f"first answer in Python for {opening}", f"{share:.2f}", "at most 1.5")
    share = took["command"] / took["opening"]
    show("guandian mine --text for the same", f"{share:.2f} ({took['command']:.2f} s)", "")
    share = took["command"] / took["bare"]
    name = f"the same for onnxruntime, session and tokenizer alone: {took['bare']:.2f} s"
    show(name, f"{share:.2f}", "")


FIRST = f".mine([__import__('guandian.domain', fromlist=['Review']).Review('1', {TEXT!r})])"


def torch_seconds(file: Path, root: Path | None, bundle: Path) -> float:
    """Seconds that the unpruned model takes for a file's texts: tokens and forward passes."""
    import torch

    from guandian.modeling.encoders.pretrained import load_encoder
    from guandian.modeling.model import OpinionModel
    from guandian.tasks.head_spec import HeadSpec

    torch.set_num_threads(usable_cores())
    opened = Bundle.open(bundle)
    config = dict(opened.manifest.model)
    if root:
        spec = HeadSpec(tuple(config["categories"]), tuple(config["span_types"]))
        base = root / "models" / "multilingual-e5-small-zh-en"
        model = OpinionModel(load_encoder(str(base)), spec)
    else:
        config["encoder"] = {**config["encoder"], "num_hidden_layers": UNPRUNED}
        model = OpinionModel.from_config(config)
    layers = model.encoder.config.num_hidden_layers
    if layers != UNPRUNED:
        raise SystemExit(f"the model to compare with has {layers} layers, not {UNPRUNED}")
    model.eval()
    pieces = Pieces.from_file(opened.tokenizer)
    texts = [review.text for review in read_reviews(file)]
    with torch.inference_mode():
        forward(model, pieces, texts[:BATCH])
        began = time.perf_counter()
        forward(model, pieces, texts)
        return time.perf_counter() - began


def forward(model: object, pieces: Pieces, texts: Sequence[str]) -> None:
    """Length-sorted batches, padded to the longest of each."""
    import torch

    rows = [[pieces.cls_id, *pieces.encode(t).ids[:510], pieces.sep_id] for t in texts]
    rows.sort(key=len)
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        width = max(map(len, batch))
        ids = torch.tensor([[*row, *[pieces.pad_id] * (width - len(row))] for row in batch])
        model(ids, ids.ne(pieces.pad_id))  # type: ignore[operator]


def corpus(asked: argparse.Namespace) -> list[str]:
    """Distinct texts: the laptop set's, else made of our own sentences."""
    if asked.root is None:
        return list(made_up(asked.reviews, asked.seed))
    file = data_folder(asked.root) / "zhijiang_laptop" / "unlabelled_reviews.csv"
    with read_reviews(file, on_error="skip") as reviews:
        texts = list(dict.fromkeys(" ".join(review.text.split()) for review in reviews))
    return random.Random(asked.seed).sample(texts, min(asked.reviews, len(texts)))


def made_up(number: int, seed: int, most: int = 3) -> Iterator[str]:
    """Different texts of one to `most` sentences out of the shipped examples."""
    rng = random.Random(seed)
    examples = read_reviews(assets() / "examples" / "reviews.csv")
    pool = [
        " ".join(span.of(review.text).split())
        for review in examples
        for span in sentences(review.text)
        if span.end - span.start < 60
    ]
    for index in range(number):
        yield f"{' '.join(rng.choices(pool, k=rng.randint(1, most)))} {index}"


def write(path: Path, texts: Sequence[str] | Iterator[str]) -> Path:
    """One text a line."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(f"{text}\n" for text in texts)
    return path


def mine(file: Path, out: Path, bundle: Path, mode: str = "--overwrite") -> tuple[float, float]:
    """Seconds of the whole command, and its largest memory in MB."""
    command = [sys.executable, "-m", "guandian", "mine", file, "-o", out, "--model", bundle]
    began = time.perf_counter()
    child = subprocess.Popen([*map(str, command), mode, "--quiet"])
    _, status, used = os.wait4(child.pid, 0)
    if status:
        raise SystemExit(f"guandian mine ended with {os.waitstatus_to_exitcode(status)}")
    return time.perf_counter() - began, _megabytes(used)


def _megabytes(used: resource.struct_rusage) -> float:
    return used.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def run(*command: object) -> subprocess.CompletedProcess[str]:
    """A command that must do well."""
    return subprocess.run(
        [str(part) for part in command], check=True, stdout=subprocess.PIPE, encoding="utf-8"
    )


def spread(values: Sequence[float]) -> str:
    """The median with the lowest and the highest."""
    return f"{median(values):.0f} ({min(values):.0f}-{max(values):.0f})"


def show(*cells: str) -> None:
    """A row of the table, at once."""
    print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
