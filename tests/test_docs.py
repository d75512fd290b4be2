"""The pages cannot lie: examples run, links lead somewhere, the help is the commands' own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
BLOCK = re.compile(
    r"(<!-- not run: [^\n]+ -->\n)?^```(bash|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL
)
# Chinese pages show what the English ones show (a test below): but for the guide, one of two runs.
RUN = [page for page in PAGES if page.parent.name != "zh" or page.name == "guide.md"]
LINK = re.compile(r"\]\(([^)\s#]+)(?:#[^)]*)?\)")


def examples(page: Path) -> list[str]:
    """The page's blocks as shell text, without those that say why they do not run."""
    found = BLOCK.findall(page.read_text("utf-8"))
    return [
        block
        if language == "bash"
        else f"python -W error - <<'END_OF_BLOCK'\n{block}END_OF_BLOCK\n"
        for skip, language, block in found
        if not skip
    ]


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.slow
@pytest.mark.parametrize("page", sorted(filter(examples, RUN)), ids=name)
def test_examples_run(page: Path, tmp_path: Path) -> None:
    script = "\n".join(examples(page))
    (tmp_path / "data").symlink_to(ROOT / "data", target_is_directory=True)
    env = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-euxo", "pipefail", "-c", script],
        cwd=tmp_path, env=env, capture_output=True, encoding="utf-8", check=False, timeout=400,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("page", sorted(PAGES), ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    links = [link for link in LINK.findall(page.read_text("utf-8")) if "://" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_command_line_pages_are_the_help_itself(script: Callable[[str], ModuleType]) -> None:
    module = script("cli_reference")
    for language, page in module.PAGES.items():
        told = page.read_text("utf-8")
        assert told == module.reference(language), "`make docs` writes docs/cli.md anew"


def test_the_first_screens_have_the_two_commands() -> None:
    for page in ("README.md", "README.zh.md"):
        screen = (ROOT / page).read_text("utf-8").splitlines()[:15]
        commands = [line.split("#")[0].strip() for line in screen if line.startswith("make ")]
        assert commands == ["make mine", "make test"]


# Every page that tells how to use something; not what was measured or decided.
TWINS = sorted(
    page.name
    for page in (ROOT / "docs").glob("*.md")
    if page.name not in ("index.md", "experiments.md")
)
ANCHOR = re.compile(r'^#+ (.+?)$|<a id="([^"]+)"></a>', re.MULTILINE)
INNER = re.compile(r"\]\(([a-z0-9/.-]*\.md)?#([^)]+)\)")


def anchors(page: Path) -> set[str]:
    """Where links can lead within a page: its headings, as the site names them, and marks."""
    titles = ANCHOR.findall(page.read_text("utf-8"))
    return {
        mark or re.sub(r"\s+", "-", re.sub(r"[^a-z0-9\s-]", "", title.lower()).strip())
        for title, mark in titles
    }


def told(page: Path) -> list[tuple[bool, str, str]]:
    """What a page's blocks do: whether they run, in which language, without the comments."""
    return [
        (bool(skip), language, re.sub(r"\s*(?<!\S)# .*", "", block))
        for skip, language, block in BLOCK.findall(page.read_text("utf-8"))
    ]


def test_every_user_page_has_its_chinese_twin() -> None:
    found = sorted(page.name for page in (ROOT / "docs" / "zh").glob("*.md"))
    assert found == TWINS
    navigation = (ROOT / "zensical.toml").read_text("utf-8")
    for each in TWINS:
        assert f'"{each}"' in navigation and f'"zh/{each}"' in navigation


@pytest.mark.parametrize("page", TWINS)
def test_twins_know_each_other_and_show_the_same(page: str) -> None:
    english, chinese = ROOT / "docs" / page, ROOT / "docs" / "zh" / page
    assert f"[中文](zh/{page})" in english.read_text("utf-8").splitlines()[2]
    assert f"[English](../{page})" in chinese.read_text("utf-8").splitlines()[2]
    if page != "guide.md":  # which is written for its readers, with examples of their own
        assert told(chinese) == told(english)
        sections = [
            len(re.findall("^## ", each.read_text("utf-8"), re.M)) for each in (english, chinese)
        ]
        assert sections[0] == sections[1]


@pytest.mark.parametrize("page", sorted((ROOT / "docs").rglob("*.md")), ids=name)
def test_links_into_a_page_lead_to_a_heading(page: Path) -> None:
    lost = [
        f"{file}#{anchor}"
        for file, anchor in INNER.findall(page.read_text("utf-8"))
        if anchor not in anchors(page.parent / file if file else page)
    ]
    assert lost == []
