"""What people are told, they are told in the language that they want: nothing is left out."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from guandian.errors import BadRow, GuandianError, likely, near_names
from guandian.evaluation import ErrorKind
from guandian.wording import VARIABLE, Name, errors, explained, say, spoken, told, wanted
from guandian.wording.words import word_catalogue

SOURCE = Path(__file__).resolve().parent.parent / "src" / "guandian"
DASHBOARD = SOURCE.parent.parent / "dashboard" / "src"
_ERRORS = {
    "GuandianError": 0, "BadRow": 3, "BundleError": 0, "RecipeError": 0, "NoReviews": 0,
    "WrongField": 1, "_WrongTag": 1, "Problem": 2, "not_there": 0, "wrong_place": 1,
    "_no_windows": 0, "SourceFailure": 0,
}  # fmt: skip
"""What tells people something, and how many of its arguments only name the place."""
_TELLERS = {"tell", "noted", "bad"}
_PASSED_ON = {"ValueError", "TypeError"}
_READERS = ("pipelines", "data", "evaluation/behaviour.py", "files", "labelling", "training")
"""Where the words of these become the reason in an error that people see."""
_REASONS = {
    "problem",
    "reason",
    "remedy",
    "repair",
    "why",
    "fault",
    "not_text",
    "failure",
    "lacking",
}
"""Variables and functions that hold words for an error."""
_HAN = "\u3400-\u9fff"
_BESIDE = re.compile(rf"[{_HAN}]\W? ?[A-Za-z]+ [a-z]+")


# Lists of words that are read, what a label tool shows its annotators.
_BOTH = {
    "data/augmentation/synonyms.py",
    "data/readers/rows.py",
    "files/columns/column_names.py",
    "files/columns/guess.py",
    "labelling/label_studio_config.py",
}


def constants(tree: ast.Module) -> dict[str, ast.expr]:
    """Words that a module gives a name, to be told from several places."""
    return {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def bindings(tree: ast.Module) -> dict[str, ast.expr]:
    """`constants`, and what the rows of a table give the names of a loop over it."""
    known, fields = constants(tree), dict[str, list[ast.expr]]()
    for node in ast.walk(tree):
        if not isinstance(node, ast.For | ast.comprehension) or not isinstance(node.iter, ast.Name):
            continue
        table, names = known.get(node.iter.id), node.target
        if isinstance(table, ast.Tuple | ast.List) and isinstance(names, ast.Tuple):
            rows = [row.elts for row in table.elts if isinstance(row, ast.Tuple)]
            for name, cells in zip(names.elts, zip(*rows, strict=False), strict=False):
                fields.setdefault(ast.unparse(name), []).extend(cells)
    return known | {name: ast.Set(cells) for name, cells in fields.items()}


def fillings(node: ast.expr, known: dict[str, ast.expr]) -> Iterator[str]:
    """Words of our own that fill the holes of a message, other than those quoted by `!r`."""
    for hole in ast.walk(node):
        if isinstance(hole, ast.FormattedValue) and hole.conversion != ord("r"):
            value = hole.value
            if isinstance(value, ast.Name | ast.IfExp | ast.BoolOp):
                yield from templates(value, known)
            if isinstance(value, ast.BoolOp) and isinstance(value.values[-1], ast.Constant):
                yield f"{value.values[-1].value} ..."  # a word alone is somebody's own


def templates(node: ast.expr, known: dict[str, ast.expr]) -> list[str]:
    """Every text that an expression may give, `{}` where it is filled in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.JoinedStr):
        parts = (
            str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values
        )
        return ["".join(parts)]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        ends = templates(node.right, known)
        return [start + end for start in templates(node.left, known) for end in ends]
    if isinstance(node, ast.IfExp):
        return [*templates(node.body, known), *templates(node.orelse, known)]
    if isinstance(node, ast.BoolOp):
        return [text for value in node.values for text in templates(value, known)]
    if isinstance(node, ast.Name) and node.id in known:
        return templates(known[node.id], known)
    if isinstance(node, ast.Set):
        return [text for value in node.elts for text in templates(value, known)]
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
        table = known.get(node.value.id)
        rows = table.values if isinstance(table, ast.Dict) else []
        return [text for row in rows for text in templates(row, known)] or ["{}"]
    return ["{}"]


def messages(path: Path, tree: ast.Module) -> Iterator[tuple[int, str]]:
    """What a module may tell people, each with its line."""
    known, passed_on = bindings(tree), path.as_posix().startswith(_READERS)
    for node in ast.walk(tree):
        told_here: list[ast.expr] = []
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            name = node.func.id if isinstance(node.func, ast.Name) else name
            notes = name == "append" and "notes" in ast.unparse(node.func)
            if name in _TELLERS or notes or (passed_on and name in _PASSED_ON):
                told_here = node.args
            elif name in _ERRORS:
                told_here = node.args[_ERRORS[name] :]
        elif (
            isinstance(node, ast.Assign)
            and {one.id for one in node.targets if isinstance(one, ast.Name)} & _REASONS
        ):
            told_here = [node.value]
        elif isinstance(node, ast.FunctionDef) and node.name.lstrip("_") in _REASONS:
            told_here = [
                each.value for each in ast.walk(node) if isinstance(each, ast.Return) and each.value
            ]
        yield from ((node.lineno, text) for one in told_here for text in templates(one, known))
        yield from ((node.lineno, text) for one in told_here for text in fillings(one, known))


def is_told(text: str) -> bool:
    """Whether a template says something of its own: holes and marks alone do not."""
    own = text.replace("{}", "")
    return (
        " " in own.strip(" ()")
        and not re.search(f"[{_HAN}]", own)
        and bool(re.search("[a-z]{2}", own))
    )


@pytest.mark.no_cover
def test_every_error_and_note_has_its_chinese(trees: dict[Path, ast.Module]) -> None:
    known, missing = errors.catalogue(), dict[str, str]()
    for path, tree in trees.items():
        for line, text in messages(path, tree):
            if is_told(text) and text not in known:
                missing[text] = f"{path}:{line}"
    lines = json.dumps(missing, ensure_ascii=False, indent=1)
    assert not missing, f"give these their Chinese in wording/errors.zh.json:\n{lines}"


@pytest.mark.no_cover
def test_the_catalogue_holds_no_error_that_is_gone(trees: dict[Path, ast.Module]) -> None:
    groups = json.loads(Path(errors.__file__).with_name("errors.zh.json").read_text("utf-8"))
    said = {
        text
        for tree in trees.values()
        for known in [bindings(tree)]
        for node in ast.walk(tree)
        if isinstance(node, ast.expr)
        for text in templates(node, known)
    }
    assert [text for text in groups["ours"] if text not in said] == []


def test_the_chinese_fills_the_same_holes() -> None:
    for english, chinese in errors.catalogue().items():
        holes = re.findall(r"\{(\d?)\}", chinese)
        assert len(holes) == english.count("{}"), english
        if any(holes):
            assert sorted(holes) == [str(k) for k in range(len(holes))], english
        assert re.search(f"[{_HAN}]", chinese) or chinese == english, english


@pytest.mark.no_cover
def test_no_words_stand_side_by_side_outside_of_what_chooses(
    trees: dict[Path, ast.Module],
) -> None:
    """`中文 english` in one string tells both whatever is wanted: `say` and `term` choose."""
    found = []
    for path, tree in trees.items():
        if path.as_posix() in _BOTH:
            continue
        docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                shown = node.value.strip()
                if id(node) not in docstrings and _BESIDE.search(shown):
                    found.append(f"{path}:{node.lineno}: {shown}")
    assert found == []


# Words that are read or written into texts, not told to anybody: cues, masks, prompts, clauses.
_PAIRED = {
    "assist/dialogue/follow_ups.py",
    "data/augmentation/beside.py",
    "data/taxonomy.py",
    "labelling/label_names.py",
    "privacy/masking.py",
}


@pytest.mark.no_cover
def test_no_chinese_stands_beside_its_english_outside_of_the_catalogue(
    trees: dict[Path, ast.Module],
) -> None:
    found = []
    for path, tree in trees.items():
        groups = [
            node.args if isinstance(node, ast.Call) else node.elts
            for node in ast.walk(tree)
            if isinstance(node, ast.Call | ast.Tuple) and path.as_posix() not in _PAIRED
        ]
        for group in groups:
            texts = ["" if isinstance(it, ast.Name) else ast.unparse(it) for it in group]
            shown = [text if re.match("f?['\"]", text) else "" for text in texts]
            for chinese, english in pairwise(shown):
                if re.search(f"[{_HAN}]", chinese) and re.fullmatch(
                    r"[^一-龥]*[a-z]{2}[^一-龥]*", english
                ):
                    found.append(f"{path}: {chinese} {english}")
    assert found == []


def page_templates() -> Iterator[tuple[str, str]]:
    for path in sorted(SOURCE.rglob("*.j2")):
        yield path.relative_to(SOURCE).as_posix(), path.read_text("utf-8")


def words_of_templates() -> Iterator[tuple[str, str]]:
    for place, source in page_templates():
        for words, sense in re.findall(
            r"""\b(?:say|term)\(["']([^"']+)["'](?:, sense=["'](\w+(?: \w+)*)["'])?""", source
        ):
            yield f"{words} [{sense}]" if sense else words, place


def test_a_template_shows_no_chinese_but_that_of_the_catalogue() -> None:
    """Its name is ours; the page of a dashboard that is not built is served by itself."""
    bare = {
        place: re.findall(f"[{_HAN}]+", source.replace("观点 Guandian", "").replace("观点 <b>", ""))
        for place, source in page_templates()
        if place != "service/plain_pages/not_built.html.j2"
    }
    assert {place: words for place, words in bare.items() if words} == {}


def words_shown(trees: dict[Path, ast.Module]) -> Iterator[tuple[str, str]]:
    """The words of every call that looks some up, as the catalogue's key, and where it stands."""
    for path, tree in trees.items():
        place = path.as_posix()
        imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        names = {
            name.name
            for node in imports
            if node.module == "guandian.wording"
            for name in node.names
        }
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
                continue
            if node.func.id not in names & {"say", "term", "counted"}:
                continue
            words = node.args[node.func.id == "counted"]
            senses = [ast.literal_eval(key.value) for key in node.keywords if key.arg == "sense"]
            if isinstance(words, ast.Constant):
                yield f"{words.value} [{senses[0]}]" if senses else str(words.value), place
            else:
                assert ast.unparse(words) == "kind.value", f"{place}:{node.lineno}"
                yield from ((kind.value, place) for kind in ErrorKind)


# In the dashboard `say("words")` and `counted(3, "reviews")` look words up, `Say` with a capital.
_LOOKS_UP = re.compile(r"\b(?:[Ss]ay|counted)\(")
_LOOKED_UP = re.compile(
    r"""\b(?:[Ss]ay\(|counted\((?:[^()"'`]|\([^()]*\))*,)\s*"""
    r"""(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')"""
)
_NOT_SHOWN = re.compile(
    r"""<(script|style)\b.*?</\1>|<!--.*?-->|\{\{.*?\}\}|<(?:"[^"]*"|'[^']*'|[^<>"'])*>""",
    re.DOTALL,
)
_NAMES = {"Guandian"}


def dashboard_sources() -> Iterator[tuple[str, str]]:
    for path in sorted(DASHBOARD.rglob("*.*")):
        if path.suffix in {".ts", ".vue"} and path != DASHBOARD / "words" / "words.ts":
            yield f"dashboard/{path.relative_to(DASHBOARD).as_posix()}", path.read_text("utf-8")


def words_of_the_dashboard() -> Iterator[tuple[str, str]]:
    for place, source in dashboard_sources():
        for double, single in _LOOKED_UP.findall(source):
            yield re.sub(r"\\(.)", r"\1", double or single), place


def test_the_dashboard_looks_up_words_that_stand_there() -> None:
    """What is put together when the page runs would be missed by whoever collects the words."""
    sources = list(dashboard_sources())
    assert len(sources) > 50
    assert {
        place for place, source in sources
        if len(_LOOKS_UP.findall(source)) != len(_LOOKED_UP.findall(source))
    } == set()  # fmt: skip


def test_the_dashboard_shows_no_words_but_those() -> None:
    bare = {}
    for place, source in dashboard_sources():
        if place.endswith(".vue"):
            shown = _NOT_SHOWN.sub(" ", source)
            bare[place] = set(re.findall(r"[^\W\d_]{2,}", shown)) - _NAMES - {"观点"}
    assert {place: words for place, words in bare.items() if words} == {}


@pytest.mark.no_cover
def test_all_that_is_shown_stands_in_the_catalogue_and_nothing_else_does(
    trees: dict[Path, ast.Module],
) -> None:
    shown, catalogue = (
        dict([*words_shown(trees), *words_of_templates(), *words_of_the_dashboard()]),
        word_catalogue(),
    )
    assert {words: place for words, place in shown.items() if words not in catalogue} == {}
    assert [words for words in catalogue if words not in shown] == []


def test_the_catalogue_says_the_same_of_the_same_values() -> None:
    holes = re.compile(r"\{(\w+)")
    for english, chinese in word_catalogue().items():
        assert bool(holes.search(chinese)) <= bool(holes.search(english)), english


@pytest.mark.parametrize(
    ("asked", "words", "name"),
    [
        ("zh", "完成", "类别"),
        ("en", "done", "category"),
        ("both", "完成 done", "类别 category"),
        ("fr", "完成 done", "类别 category"),
        (None, "完成 done", "类别 category"),
    ],
)
def test_words_come_in_the_language_that_is_wanted(
    asked: str | None, words: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    if asked is not None:
        monkeypatch.setenv(VARIABLE, asked)
    assert spoken("完成", "done") == say("done") == words
    assert f"{Name('类别', 'category'):<4}".strip() == name
    assert f"{Name('', 'mine')}|{Name('屏幕', '屏幕')}" == "mine|屏幕"
    assert wanted() == (asked if asked in ("zh", "en") else "both")


@pytest.mark.parametrize(
    ("error", "chinese"),
    [
        (
            GuandianError("there is no file 评论 1.csv", "check the name and the folder"),
            "没有文件 评论 1.csv\n  检查文件名和文件夹",
        ),
        (BadRow("a, b.csv", 3, "text", "bytes that are not UTF-8"), "a, b.csv 第 3 行，列 text："
         "字节不是 UTF-8"),
        (BadRow("a.csv", 12, "", "not JSON that can be read: {1}"), "a.csv 第 12 行："
         "不是可读的 JSON：{1}"),
        (
            GuandianError(f"left out: {BadRow('a.csv', 3, '', 'bytes that are not UTF-8')}"),
            "略过：a.csv 第 3 行：字节不是 UTF-8",
        ),
        (
            GuandianError("cannot write o/a.csv: the disk is full; no half-written file is left "
                          "there", "make room in o and run the same command again"),
            "无法写入 o/a.csv：磁盘已满；没有留下写了一半的文件\n  在 o 腾出空间，再运行同一命令",
        ),
        (
            GuandianError("l.csv would be read and written by one command: it is r.csv"),
            "同一条命令既要读又要写 l.csv：它就是 r.csv",
        ),
        (
            GuandianError("base.layers asks for 9 layers of x, which has 4",
                          "leave the key out, or set it to what every model has"),
            "base.layers 要 x 的 9 层，而它有 4 层\n  去掉这个键，或设为每个模型都有的层数",
        ),
        (
            GuandianError("nothing can be learnt from these 3 texts: one kind of label teaches "
                          "nothing"),
            "从这 3 条文本中学不到东西：只有一种标注，学不到东西",
        ),
    ],
)  # fmt: skip
def test_errors_are_told_in_chinese_with_what_they_name(
    error: GuandianError, chinese: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "zh")
    assert told(str(error)) == [chinese]
    monkeypatch.setenv(VARIABLE, "both")
    assert told(str(error)) == [chinese, str(error)]
    assert explained(str(error)) == f"{chinese} {error}"
    monkeypatch.setenv(VARIABLE, "en")
    assert told(str(error)) == [str(error)]


def test_two_numbers_do_not_run_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "both")
    assert str(Name("净情感为 +32", "18 reviews")) == "净情感为 +32 · 18 reviews"
    assert spoken("占 17 %", "a share of 17 %") == "占 17 % · a share of 17 %"
    assert spoken("第 3 步", "step 3") == "第 3 步 step 3"


def test_what_has_no_chinese_is_told_in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "zh")
    assert told("the disk sings") == ["the disk sings"]
    assert told("x" * 30_000) == ["x" * 30_000]


@pytest.mark.parametrize(
    ("place", "chinese"),
    [("at line 1, column 4", "第 1 行第 4 列"), ("at end of document", "文件结尾处")],
)
def test_a_place_in_a_file_stands_before_what_is_wrong_there(place: str, chinese: str) -> None:
    fault = f"Expected '=' after a key in a key/value pair ({place})"
    told_so = errors.in_chinese(f"r.toml cannot be read: {fault}\n  write TOML, a table a rule")
    assert told_so is not None
    assert told_so.splitlines()[0] == f"无法读取 r.toml：{chinese}：键的后面缺少 ="


def test_a_name_in_another_case_is_the_one_that_was_meant() -> None:
    assert near_names("CSV", ["conll", "csv", "csvs"]) == ["csv"]
    assert near_names("--OUTT", ["--out", "--model"]) == ["--out"]
    assert likely("Doccano", ["csv", "doccano"]) == "did you mean 'doccano'? "
