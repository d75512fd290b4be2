"""No command writes onto what it reads: every option of every command is tried, new ones too."""

from __future__ import annotations

import inspect
import json
import os
import re
import shutil
import typing
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from guandian.assets import assets
from guandian.cli import main as cli
from guandian.data import read, write_own
from guandian.errors import GuandianError
from guandian.recipes.recipe import load_recipe

PROMISES = assets() / "promises" / "guandian-small.json"
LABELLED = Path(__file__).parent.parent / "data_files" / "quads_labelled.jsonl"
RECIPE = """
name = "t"
base.model = "bundle"
data = [{corpus = "labelled.jsonl"}]
evaluation.corpora = ["dev.jsonl"]
augmentation = {kinds = ["synonyms"], lexicon = "lexicon.jsonl"}
distillation = {teacher = "ens"}
"""
RECIPE_READS = ["labelled.jsonl", "dev.jsonl", "lexicon.jsonl", "bundle/manifest.json",
                "ens/ensemble.json", "member/manifest.json"]  # fmt: skip
RUN_READS = ["run/recipe.json", "run/log.jsonl", "run/bundle/manifest.json"]


@dataclass(frozen=True)
class Case:
    """A call of a command.

    Attributes:
        reads: by parameter, what it is given to read.
        writes: the parameters that are names of files to write.
        deep: files that are read though no parameter names them.
        words: what the call has besides.
    """

    reads: dict[str, Sequence[str]]
    writes: Sequence[str] = ()
    deep: Sequence[str] = ()
    words: Sequence[str] = ()


CASES: dict[str, list[Case]] = {
    "mine": [
        Case({"files": ["labelled.jsonl", "mined.jsonl"], "model": ["ens"]}, ["out", "rejects"],
             ["ens/ensemble.json", "member/manifest.json"], ["--on-error", "skip"]),
        Case({"files": ["labelled.jsonl"], "model": ["run"]}, ["out", "rejects"],
             ["run/bundle/manifest.json"]),
        Case({"files": ["labelled.jsonl"], "model": ["bundle"]}, ["rejects"],
             ["bundle/manifest.json"]),
        Case({"files": ["labelled.jsonl"], "boilerplate": ["words.jsonl"]}, ["out", "rejects"]),
        Case({"files": ["labelled.jsonl"], "boilerplate": ["words.jsonl"]}, ["rejects"]),
        Case({"files": ["labelled.jsonl"], "mask_key": ["secret.jsonl"]}, ["out", "rejects"], [],
             ["--mask", "pseudonym"]),
        Case({"files": ["labelled.jsonl"], "promises": ["promises.jsonl"]}, ["out", "rejects"], [],
             ["--precision", "0.9"]),
        Case({"files": ["labelled.jsonl"], "catalogue": ["items.csv"], "lexicon": ["polar.csv"]},
             ["out", "rejects"]),
    ],
    "explain": [
        Case({"file": ["labelled.jsonl"], "model": ["ens"]}, ["json_out", "html"],
             ["ens/ensemble.json", "member/manifest.json"]),
    ],
    "data agree": [Case({"files": ["labelled.jsonl", "dev.jsonl"]}, ["json_out"])],
    "data augment": [
        Case({"file": ["labelled.jsonl"], "lexicon": ["lexicon.jsonl"], "vectors": ["glove.jsonl"],
              "translator": ["zh-en=bundle"]},
             ["out"], ["bundle/weights.jsonl"], ["--kind", "synonyms"]),
    ],
    "data convert": [Case({"file": ["labelled.jsonl"]}, ["out"], [], ["--to", "doccano"])],
    "data combine": [
        Case({"votes": ["labelled.jsonl", "mined.jsonl"], "rules": ["topics.toml"],
              "gold": ["dev.jsonl"]}, ["out", "json_out"]),
    ],
    "data next": [
        Case({"file": ["mined.jsonl"], "labelled": ["labelled.jsonl"], "beside": ["dev.jsonl"],
              "model": ["ens"]}, ["out"], ["ens/ensemble.json", "member/manifest.json"]),
    ],
    "data doubts": [
        Case({"file": ["labelled.jsonl"], "model": ["ens"]}, ["out"],
             ["ens/ensemble.json", "member/manifest.json"]),
    ],
    "data check": [Case({"root": ["."]})],
    "data list": [],
    "data taxonomy": [],
    "train": [Case({"recipe": ["recipe.toml"]}, ["json_out"], RECIPE_READS, ["--dry-run"])],
    "ensemble": [Case({"bundles": ["bundle", "member"], "data": ["dev.jsonl"]})],
    "average": [Case({"runs": ["run", "ens"]})],
    "transfer": [Case({"recipe": ["recipe.toml"]})],
    "continual": [Case({"recipe": ["recipe.toml"]})],
    "compress": [Case({"bundle": ["bundle"], "teacher": ["member"], "recipe": ["recipe.toml"],
                       "plan": ["topics.toml"]})],
    "rates": [Case({"recipe": ["recipe.toml"]})],
    "tune": [Case({"recipe": ["recipe.toml"], "space": ["space.toml"]})],
    "models compare": [
        Case({"recipe": ["recipe.toml"], "models": ["bundle,member"]}, ["json_out"],
             [*RECIPE_READS, "member/weights.jsonl"]),
    ],
    "models served": [Case({})],
    "models try": [Case({})],
    "models share": [Case({})],
    "models trial": [Case({})],
    "models promote": [Case({})],
    "models rollback": [Case({})],
    "adapters make": [
        Case({"run": ["run"], "base": ["bundle"]}, ["out"],
             ["run/bundle/manifest.json", "bundle/manifest.json"]),
        Case({"run": ["bundle"], "base": ["member"]}, ["out"],
             ["bundle/manifest.json", "member/manifest.json"]),
    ],
    "adapters show": [Case({"files": ["labelled.jsonl"]})],
    "evaluate": [
        Case({"system": ["bundle"], "data": ["labelled.jsonl"], "against": ["ens", "run"],
              "other_seed": ["mined.jsonl"]}, ["json_out", "html"],
             ["bundle/manifest.json", "ens/ensemble.json", "member/manifest.json", *RUN_READS]),
        Case({"system": ["bundle"], "data": ["set"]}, ["json_out", "html"],
             ["set/dev.jsonl", "set/train.jsonl"]),
        Case({"system": ["bundle"], "corpus": ["labelled.jsonl"], "root": ["."]}, ["json_out"],
             ["labelled.jsonl"]),
        Case({"system": ["ens"], "suite": ["suite.jsonl"]}, ["json_out"],
             ["ens/ensemble.json", "member/manifest.json"]),
    ],
    "audit stress": [
        Case({"bundle": ["ens"], "data": ["labelled.jsonl"], "suite": ["suite.jsonl"]},
             ["out", "json_out", "html"], ["ens/ensemble.json", "member/manifest.json"],
             ["--attack"]),
        Case({"bundle": ["bundle"], "corpus": ["labelled.jsonl"], "root": ["."]}, ["json_out"],
             ["labelled.jsonl"]),
    ],
    "audit alike": [
        Case({"bundle": ["ens"], "file": ["labelled.jsonl"], "terms": ["topics.toml"]},
             ["json_out"], ["ens/ensemble.json", "member/manifest.json"]),
    ],
    "promise": [
        Case({"bundle": ["ens"], "data": ["labelled.jsonl"]}, ["out"],
             ["ens/ensemble.json", "member/manifest.json"]),
    ],
    "runs list": [Case({"folders": ["."]}, ["json_out"], RUN_READS)],
    "runs show": [Case({"folder": ["run"]})],
    "runs compare": [
        Case({"systems": ["run", "ens"]}, ["json_out", "html"],
             [*RUN_READS, "ens/ensemble.json", "member/manifest.json", "dev.jsonl"]),
        Case({"systems": ["run", "mined.jsonl"], "data": ["labelled.jsonl"]}, ["json_out", "html"]),
        Case({"systems": ["run", "bundle"], "corpus": ["labelled.jsonl"], "root": ["."]},
             ["json_out"], ["labelled.jsonl"]),
    ],
    "tokenize": [
        Case({"file": ["labelled.jsonl"], "user_words": ["words.jsonl"], "pieces": ["bundle"]}),
    ],
    "vectorise": [
        Case({"files": ["labelled.jsonl"], "user_words": ["words.jsonl"]},
             ["out", "save", "rejects"]),
        Case({"files": ["labelled.jsonl"], "vectors": ["glove.jsonl"]}, ["out", "save"], [],
             ["--kind", "glove"]),
        Case({"files": ["labelled.jsonl"], "model": ["bundle"]}, ["out", "save"],
             ["bundle/weights.jsonl"], ["--kind", "encoder"]),
        Case({"files": ["labelled.jsonl"], "load": ["learned.jsonl"]}, ["out", "save"]),
    ],
    "serve": [
        Case({"data": ["."], "model": ["bundle"], "recommend": ["shop"], "assist": ["ens"],
              "media": ["ens"], "language_models": ["ens"], "adapters": ["set"],
              "promises": ["promises.jsonl"]}),
    ],
    "mcp": [Case({})],
    "watch": [Case({"data": ["."], "model": ["bundle"]})],
    "replay": [Case({"data": ["."]})],
    "channels set": [Case({"data": ["."]})],
    "channels list": [Case({"data": ["."]})],
    "channels try": [Case({"data": ["."]})],
    "channels remove": [Case({"data": ["."]})],
    "keys create": [Case({"data": ["."]})],
    "keys list": [Case({"data": ["."]})],
    "keys revoke": [Case({"data": ["."]})],
    "keys rotate": [Case({"data": ["."]})],
    "report": [
        Case({"files": ["mined.jsonl"], "measured": ["measured.jsonl"],
              "synonyms": ["words.jsonl"]}, ["out"]),
        Case({"files": ["mined.jsonl"], "measured": ["ens"]}, ["out"],
             ["ens/ensemble.json", "member/manifest.json"]),
    ],
    "summarise": [
        Case({"files": ["mined.jsonl"], "model": ["topics.toml"]}, ["json_out", "html"]),
        Case({"store": ["shop"]}, ["json_out", "html"], ["shop/store.json"]),
    ],
    "ask": [Case({"files": ["mined.jsonl"], "store": ["shop"], "model": ["topics.toml"]})],
    "store load": [Case({"files": ["mined.jsonl"], "folder": ["shop"]})],
    "store query": [Case({"folder": ["shop"]})],
    "store export": [Case({"folder": ["shop"]}, ["out"], ["shop/store.json"])],
    "store delete": [Case({"folder": ["shop"]})],
    "store status": [Case({"folder": ["shop"]})],
    "headlines mine": [
        Case({"files": ["labelled.jsonl"], "taxonomy": ["topics.toml"]}, ["out", "rejects"]),
        Case({"files": ["labelled.jsonl"], "topics": ["head.jsonl"], "sentiment": ["words.jsonl"]},
             ["out", "rejects"]),
    ],
    "headlines learn": [
        Case({"file": ["labelled.jsonl"], "taxonomy": ["topics.toml"]}, ["out"]),
    ],
    "knowledge show": [Case({"file": ["items.csv"]})],
    "knowledge link": [
        Case({"mined": ["mined.jsonl"], "catalogue": ["items.csv"], "lexicon": ["polar.csv"]},
             ["out"]),
    ],
    "knowledge learn": [
        Case({"bundle": ["ens"], "data": ["labelled.jsonl"], "catalogue": ["items.csv"]}),
        Case({"bundle": ["bundle"], "corpus": ["labelled.jsonl"], "root": ["."]}),
    ],
    "media read": [
        Case({"files": ["shown.png", "said.wav"], "speech": ["ens"]}, ["out", "rejects"]),
    ],
    "media agree": [
        Case({"mined": ["mined.jsonl"], "files": ["shown.png"], "model": ["ens"]}, ["out"]),
    ],
    "media show": [Case({"mined": ["mined.jsonl"], "files": ["shown.png"]}, ["out"])],
    "aspects": [Case({"mined": ["mined.jsonl"], "synonyms": ["words.jsonl"]}, ["out"])],
    "recommend build": [
        Case({"data": ["behaviour.csv"], "items": ["items.csv"], "mined": ["mined.jsonl"]},
             ["rejects"], [], ["-o", "recommender"]),
        Case({"store": ["shop"]}, ["rejects"], ["shop/store.json"], ["-o", "recommender"]),
    ],
    "recommend update": [
        Case({"model": ["ens"], "data": ["behaviour.csv"], "items": ["items.csv"],
              "mined": ["mined.jsonl"], "store": ["shop"]}, ["rejects"],
             ["ens/ensemble.json"]),
    ],
    "recommend evaluate": [
        Case({"data": ["behaviour.csv"], "items": ["items.csv"], "mined": ["mined.jsonl"],
              "store": ["shop"], "test": ["later.csv"]}, ["json_out"]),
    ],
    "recommend policy": [Case({"log": ["behaviour.csv"]})],
    "assist reply": [
        Case({"files": ["mined.jsonl"], "style": ["words.jsonl"], "bundle": ["bundle"]}, ["out"]),
    ],
    "assist judge": [
        Case({"files": ["labelled.jsonl"], "model": ["ens"], "bundle": ["bundle"]}, ["out"]),
    ],
    "assist answer": [
        Case({"knowledge": ["labelled.jsonl"], "models": ["ens"]}, ["rejects"]),
        Case({"prepared": ["bundle"]}, ["rejects"]),
    ],
    "assist understand": [Case({"bundle": ["bundle"], "model": ["ens"]})],
    "assist train": [
        Case({"intents": ["behaviour.csv"], "root": ["."], "base": ["bundle"]}),
        Case({"pairs": ["behaviour.csv"], "same": ["later.csv"]}),
        Case({"dialogues": ["labelled.jsonl"]}),
    ],
    "assist evaluate": [
        Case({"dialogues": ["labelled.jsonl"]}, ["json_out"]),
        Case({"intents": ["labelled.jsonl"], "outside": ["later.csv"],
              "examples": ["behaviour.csv"], "model": ["taught"]}, ["json_out"],
             ["taught/manifest.json"]),
        Case({"questions": ["labelled.jsonl"], "knowledge": ["behaviour.csv"], "models": ["ens"]},
             ["json_out"]),
    ],
}  # fmt: skip
FOLDERS = {  # what is written as a folder; see the tests below
    (name, "out")
    for name in (
        "train",
        "ensemble",
        "average",
        "transfer",
        "continual",
        "compress",
        "rates",
        "tune",
        "models compare",
        "recommend build",
        "recommend update",
        "assist train",
        "knowledge learn",
    )
} | {("assist answer", "save")}
PLACES = {"root"}  # read below the names that other parameters give
WORDS = {
    "address", "zone",
    "annotator", "aspect", "brand", "category", "changes", "columns", "containing", "custom",
    "by", "delimiter", "domains", "encoding", "endpoint", "false_alerts", "false_discovery",
    "format", "from_", "gap", "group", "header_row", "hours",
    "host", "id", "ids", "key_variable", "kind", "messages", "methods", "name", "part", "product",
    "records", "release", "replicas", "reviews", "rungs", "url", "scope", "seeds", "settings",
    "sheet",
    "source", "tenant", "text", "text_field", "time_format", "title", "to", "track", "without_user",
}  # fmt: skip
WORDS_OF = {
    ("audit alike", "gold"),
    ("ask", "question"),
    ("assist answer", "questions"), ("assist reply", "check"), ("data augment", "model"),
    ("watch", "sources"), ("models try", "path"), ("data next", "cost"),
    ("recommend build", "encoder"), ("recommend evaluate", "encoder"), ("serve", "replicas"),
    ("media agree", "column"),
}  # fmt: skip


def commands() -> Iterator[tuple[str, Any]]:
    for name, row in cli.COMMANDS.items():
        found = cli.load_command(name, row)
        if inner := getattr(found, "commands", None):
            yield from ((f"{name} {each}", command) for each, command in inner.items())
        else:
            yield name, found


COMMANDS = dict(commands())


def told(annotation: Any) -> bool:
    """Whether a parameter of this type could be given the name of a file."""
    if annotation in (Path, str):
        return True
    if typing.get_origin(annotation) is typing.Literal:
        return False
    return any(map(told, typing.get_args(annotation)))


def test_every_parameter_of_every_command_is_known() -> None:
    """A new command, and a new option that may name a file, has its line in `CASES`."""
    assert set(COMMANDS) == set(CASES)
    for name, command in COMMANDS.items():
        hints = typing.get_type_hints(inspect.unwrap(command.callback))
        named = {key for key, annotation in hints.items() if key != "return" and told(annotation)}
        tried = {key for case in CASES[name] for key in (*case.reads, *case.writes)}
        known = tried | WORDS | PLACES
        known |= {key for of, key in (*FOLDERS, *WORDS_OF) if of == name}
        assert named <= known, f"{name}: say in CASES whether {named - known} is read or written"
        assert not {key for key in named & WORDS if (name, key) in FOLDERS}
        paths = {key for key, each in hints.items() if "Path" in str(each)} & WORDS
        assert not paths, f"{name}: {paths} is a path"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with everything that commands read, no larger than they look at before they write"""
    folder = tmp_path_factory.mktemp("written")
    rows = list(read("guandian", LABELLED))[:6]
    rows = [replace(row, group="ab"[number % 2]) for number, row in enumerate(rows)]
    for name in ("labelled", "dev", "set/dev", "set/train"):
        (folder / name).parent.mkdir(exist_ok=True)
        write_own(rows, folder / f"{name}.jsonl")
    texts = {
        "mined.jsonl": '{"text": "好"}\n',
        "lexicon.jsonl": "好 不错\n",
        "suite.jsonl": '{"id": "1", "text": "好", "capability": "negation"}\n',
        "measured.jsonl": "{}",
        "glove.jsonl": "好 0.1 0.2\n屏幕 0.3 0.4\n",
        "words.jsonl": "星耀屏 100\n",
        "taught/manifest.json": "{}",
        "head.jsonl": "{}",
        "topics.toml": "[up]\nseeds = ['涨']\n[down]\nseeds = ['跌']\n",
        "shop/store.json": '{"format": 1}',
        "behaviour.csv": "user,item\nu,i\n",
        "later.csv": "user,item\nu,j\n",
        "items.csv": "item,title\ni,t\n",
        "polar.csv": "word,polarity\n好,positive\n",
        "promises.jsonl": PROMISES.read_text("utf-8"),
        "secret.jsonl": "sixteen bytes or more\n",
        "recipe.toml": RECIPE,
        "shown.png": "",
        "said.wav": "",
        "space.toml": "[[parameters]]\nkey = 'seed'\n",
        "ens/ensemble.json": json.dumps({"model": {"members": [{"path": "../member"}]}}),
        "run/log.jsonl": "",
        "run/bundle/manifest.json": "{}",
    }
    for name in ("bundle", "member"):
        texts |= {f"{name}/manifest.json": "{}", f"{name}/weights.jsonl": "w"}
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    recipe = load_recipe(folder / "recipe.toml").model_dump(mode="json")
    (folder / "run" / "recipe.json").write_text(json.dumps(recipe), "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        call("vectorise", Case({"files": ["labelled.jsonl"]}), {"out": "v.npz", "save": "l.npz"})
    (folder / "l.npz").rename(folder / "learned.jsonl")
    for name in ("v.npz", "v.npz.json"):
        (folder / name).unlink()
    return folder


@pytest.fixture
def place(written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The present folder, with a copy of all that."""
    shutil.copytree(written, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(name: str, case: Case, outputs: dict[str, str], *more: str) -> None:
    command = COMMANDS[name]
    options = {one.name: one for one in command.params}
    args: list[str] = [*case.words, *more]
    for key, values in (case.reads | {key: [value] for key, value in outputs.items()}).items():
        spelled = [] if options[key].param_type_name == "argument" else [options[key].opts[-1]]
        args += [part for value in values for part in (*spelled, str(value))]
    if "overwrite" in options:
        args.append("--overwrite")
    command.main(args, standalone_mode=False)


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def spelled(path: Path) -> Path:
    return path.parent / ".." / path.parent.name / path.name


def symlink(path: Path) -> Path:
    Path("alias.jsonl").symlink_to(path)
    return Path("alias.jsonl")


def linked_folder(path: Path) -> Path:
    Path("folder").symlink_to(path.parent)
    return Path("folder") / path.name


def hard_link(path: Path) -> Path:
    os.link(path, "alias.jsonl")
    return Path("alias.jsonl")


SPELLINGS: list[Callable[[Path], Path]] = [
    Path.absolute, spelled, symlink, linked_folder, hard_link
]  # fmt: skip
TRIED = [
    pytest.param(name, case, key, id=f"{name}-{number}-{key}")
    for name, cases in CASES.items()
    for number, case in enumerate(cases)
    for key in case.writes
]
REFUSED = r"would be read and written|which this command reads"


@pytest.mark.parametrize(("name", "case", "key"), TRIED)
def test_no_output_is_anything_that_is_read(place: Path, name: str, case: Case, key: str) -> None:
    given = [value.split("=")[-1] for values in case.reads.values() for value in values]
    files = [value for value in given if Path(value).is_file()]
    before = contents(place)
    others = {other: f"other-{other}.jsonl" for other in case.writes if other != key}
    for file in dict.fromkeys((*files, *case.deep)):
        for spell in SPELLINGS:
            out = spell(Path(file).absolute())
            with pytest.raises(GuandianError, match=REFUSED) as caught:
                call(name, case, {key: str(out), **others})
            assert str(out) in caught.value.problem
            assert caught.value.repair == "give every output a name of its own"
            for alias in map(Path, ("alias.jsonl", "folder")):
                alias.unlink(missing_ok=True)
            assert contents(place) == before, (file, spell)


@pytest.mark.parametrize(("name", "case", "key"), TRIED)
def test_no_output_is_a_folder(place: Path, name: str, case: Case, key: str) -> None:
    before = contents(place)
    others = {other: f"other-{other}.jsonl" for other in case.writes if other != key}
    for folder in ("", ".", "./", "..", "/", "set"):
        with pytest.raises(GuandianError, match="is a folder, not a file"):
            call(name, case, {key: folder, **others})
        assert contents(place) == before, folder


@pytest.mark.parametrize(
    ("name", "case"),
    [(name, case) for name, cases in CASES.items() for case in cases if len(case.writes) > 1],
)
def test_two_outputs_have_two_names(place: Path, name: str, case: Case) -> None:
    before = contents(place)
    for one, other in combinations(case.writes, 2):
        rest = {each: f"{each}.jsonl" for each in case.writes if each not in (one, other)}
        for again in ("new.jsonl", "./new.jsonl", f"../{place.name}/new.jsonl"):
            with pytest.raises(GuandianError, match="written twice"):
                call(name, case, {one: "new.jsonl", other: again, **rest})
    assert contents(place) == before


@pytest.mark.parametrize(
    ("name", "given", "outputs", "words"),
    [
        ("data convert", "tasks.xml", {"out": "tasks.json"}, ["--to", "label-studio"]),
        ("vectorise", "v.npz.json", {"out": "v.npz"}, ["--format", "jsonl"]),
        ("vectorise", "v.npz.rejects.jsonl", {"out": "v.npz"}, ["--on-error", "skip"]),
        ("mine", "o.csv.rejects.jsonl", {"out": "o.csv"}, ["--on-error", "skip"]),
        ("mine", "o.csv.job.json", {"out": "o.csv"}, ["--format", "jsonl"]),
        ("report", "mined.html", {}, []),
    ],
)
def test_what_is_written_beside_an_output_is_an_output_too(
    place: Path, name: str, given: str, outputs: dict[str, str], words: list[str]
) -> None:
    Path("labelled.jsonl").rename(given)
    before = contents(place)
    reads = next(iter(CASES[name][0].reads))
    with pytest.raises(GuandianError, match=f"{re.escape(given)} would be read and written"):
        call(name, Case({reads: [given]}), outputs, *words)
    assert contents(place) == before


def test_a_report_is_not_written_onto_the_record_of_its_job(place: Path) -> None:
    with pytest.raises(GuandianError, match=REFUSED):
        call("report", Case({"files": ["mined.jsonl"]}, []), {"out": "mined.jsonl.job.json"})


@dataclass
class Folder:
    """A call whose output is a folder that has what it reads."""

    name: str
    case: Case
    out: str
    holds: dict[str, str] = field(default_factory=dict)
    words: Sequence[str] = ()


TOML = {"recipe": ["recipe.toml"]}
TUNE = {**TOML, "space": ["space.toml"]}
HELD = [  # what is begun anew, and stands in the folder that is cleared for it
    Folder("train", Case(TOML), "run", words=["--set", "base.model=run/bundle"]),
    Folder("train", Case(TOML), "run", words=["--set", "distillation.teacher=run/bundle"]),
    Folder("train", Case(TOML), "all", {"all/seed-1/recipe.json": "{}",
                                        "all/seed-1/bundle/manifest.json": "{}"},
           ["--seeds", "1,2", "--set", "base.model=all/seed-1/bundle"]),
    Folder("transfer", Case(TOML), "all", {"all/without-a/recipe.json": "{}",
                                           "all/without-a/bundle/manifest.json": "{}"},
           ["--groups", "--set", "base.model=all/without-a/bundle"]),
    Folder("continual", Case(TOML), "all", {"all/ewc-1/domain-1/bundle/manifest.json": "{}"},
           ["--set", "base.model=all/ewc-1/domain-1/bundle"]),
    Folder("rates", Case({"recipe": ["found/rates.json"]}), "found", {"found/rates.json": RECIPE}),
    Folder("tune", Case(TUNE | {"recipe": ["study/best.toml"]}), "study",
           {"study/best.toml": RECIPE}, ["--trials", "1"]),
    Folder("tune", Case(TUNE | {"space": ["study/found.json"]}), "study",
           {"study/found.json": "[[parameters]]\n"}, ["--trials", "1"]),
    Folder("ensemble", Case({"bundles": ["ens", "bundle"]}), "ens"),
]  # fmt: skip


@pytest.mark.parametrize("asked", HELD, ids=lambda each: f"{each.name}-{each.out}")
def test_a_folder_that_is_made_anew_holds_nothing_that_is_read(place: Path, asked: Folder) -> None:
    for name, text in asked.holds.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text, "utf-8")
    before = contents(place)
    with pytest.raises(GuandianError, match=rf"{REFUSED}|read by this command"):
        call(asked.name, asked.case, {"out": asked.out}, *asked.words)
    assert contents(place) == before


@pytest.mark.parametrize(
    ("name", "theirs", "words"),
    [
        ("rates", "curve.png", []),
        ("transfer", "leave-one-out.png", ["--groups"]),
        ("continual", "continual.html", ["--groups"]),
    ],
)  # fmt: skip
def test_a_picture_that_somebody_keeps_in_the_folder_is_not_written_over(
    place: Path, name: str, theirs: str, words: list[str]
) -> None:
    (place / "kept").mkdir()
    (place / "kept" / theirs).write_text("mine")
    before = contents(place)
    with pytest.raises(GuandianError, match=f"{theirs} already exists"):
        COMMANDS[name].main(["recipe.toml", "-o", "kept", *words], standalone_mode=False)
    assert contents(place) == before


def test_a_new_file_in_a_folder_that_is_read_is_no_harm(place: Path) -> None:
    """Where the model and the list of runs stand, figures may stand too, again and again."""
    for _ in range(2):
        call("runs list", Case({"folders": ["."]}), {"json_out": "run/list.json"})
    (row,) = json.loads(Path("run/list.json").read_text("utf-8"))["runs"]
    assert row["name"] == "t"


def test_the_package_itself_is_no_output(place: Path) -> None:
    own = Path(cli.__file__).parent / "main.py"
    with pytest.raises(GuandianError, match="which this command reads"):
        call("data agree", CASES["data agree"][0], {"json_out": str(own)})
