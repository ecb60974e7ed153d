"""The documents are about what exists, in plain words."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from functools import cache
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import quickjs
import yaml
from cfnlint.decode.cfn_yaml import load

from grammar.path import parse_path
from imaging.formats import sniff

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
DECISIONS = DOCS / "decisions"
PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *DOCS.rglob("*.md"),
        *(path for path in ROOT.glob("lab/**/*.md") if "node_modules" not in path.parts),
        *(ROOT / folder / "README.md" for folder in ("events", "samples", "infrastructure/terraform")),
    ]
)
MADE = re.compile(r"!\[/([^\]\s]+)\]\(([\w./-]+)\)")
"""A picture of what the service answers to a path: `bin/pictures.py` makes it."""


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def pages() -> str:
    return "\n".join(page.read_text() for page in PAGES)


# Files, parameters, commands


@pytest.mark.parametrize("page", [*ROOT.glob("*.md"), *DOCS.rglob("*.md")], ids=name)
def test_a_file_that_a_page_names_exists(page: Path) -> None:
    folders = "tests|docs|functions|bin|local|ops|lab|infrastructure|events|samples"
    named = re.findall(rf"`((?:{folders})/[\w./-]+\.\w+)`", page.read_text())
    assert [path for path in named if not (ROOT / path).is_file()] == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_link_or_picture_within_the_repository_leads_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL))
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_the_pages_name_parameters_and_resources_that_exist() -> None:
    template = load(str(ROOT / "template.yaml"))
    known = {*template["Parameters"], *template["Resources"]}
    named = set(re.findall(r"`([A-Z][a-z]+(?:[A-Z][a-z]+)+)(?:=\w+)?`", (DOCS / "security.md").read_text()))
    named |= set(re.findall(r"`([A-Z][a-z]+(?:[A-Z][a-z]+)+)`", (DOCS / "deploy.md").read_text()))
    assert len(named) > 20
    of_delivery = {"CircleCiOrganization", "CircleCiProject", "CircleCiOrigin"}
    assert named - known - of_delivery == {"IpAddress"}  # a condition of signed policies


def test_the_pages_name_make_targets_that_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    named = set(re.findall(r"(?:`|\$ |&& )make ([a-z][a-z-]+)", pages()))
    assert len(named) > 30
    assert named <= targets


def test_every_page_is_in_the_navigation_of_the_site() -> None:
    navigation = yaml.safe_load((ROOT / "mkdocs.yml").read_text())["nav"]
    listed = set(re.findall(r"[\w/]+\.md", str(navigation)))
    assert listed == {str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md")}


# Pictures and snippets


@pytest.mark.parametrize("page", ["README.md", "docs/urls.md", "docs/index.md"])
def test_a_picture_is_of_a_path_that_the_service_answers(page: str) -> None:
    made = MADE.findall((ROOT / page).read_text())
    assert made
    for path, file in made:
        transform, key = parse_path(path)
        picture = ((ROOT / page).parent / file).read_bytes()
        assert (ROOT / "samples" / key).is_file()
        assert sniff(picture).name == (transform.format or sniff((ROOT / "samples" / key).read_bytes()).name)


@pytest.mark.parametrize("page", ["README.md", "docs/html.md"])
def test_every_url_of_a_snippet_is_valid(page: str) -> None:
    urls = re.findall(r"https://img\.example\.com/([^\s\"'`)]+)", (ROOT / page).read_text())
    assert len(urls) > 8
    assert {parse_path(url)[1] for url in urls} == {"photos/cat.jpg"} | ({"clips/cat.gif"} if "html" in page else set())


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("imageUrl('/photos/cat.jpg', {width: 640, quality: 75})", "640x,q=75,f=auto/photos/cat.jpg"),
        ("imageUrl('a b.jpg', {width: 32, height: 21.3, fit: 'cover'})", "32x21,fit=cover,f=auto/a%20b.jpg"),
        ("imageUrl('cat.jpg', {height: 90, fit: 'cover'})", "x90,f=auto/cat.jpg"),
        ("imageUrl('cat.jpg')", "f=auto/cat.jpg"),
    ],
)
def test_the_cookbook_s_function_writes_valid_urls(call: str, expected: str) -> None:
    snippets = re.findall(r"```js\n(.*?)```", (DOCS / "html.md").read_text(), flags=re.DOTALL)
    (function,) = [snippet for snippet in snippets if "export function imageUrl" in snippet]
    context = quickjs.Context()
    context.eval(function.replace("export ", ""))
    url = context.eval(call)
    assert url == f"https://img.example.com/{expected}"
    parse_path(expected)


@pytest.mark.parametrize("drawing", ["imports.svg", "imports-imaging.svg"])
def test_the_drawing_of_imports_is_that_of_the_code(drawing: str) -> None:
    packages = re.search(r"^packages := (.*)", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    assert packages
    drawn = ["imaging"] if "imaging" in drawing else packages[1].split()
    program = Path(sys.executable).with_name("import-linter")
    graph = subprocess.run(  # noqa: S603 - a program of this environment, with names of ours
        [str(program), "drawgraph", *drawn], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout
    edges = set(re.findall(r'"([\w.]+)" ->\s+"([\w.]+)"', graph))
    titles = re.findall(r"<title>([\w.]+)&#45;&gt;([\w.]+)</title>", (DOCS / "images" / drawing).read_text())
    assert edges
    assert set(titles) == edges, "`make imports` draws it again"


# Decisions

DECIDED = list(
    chain.from_iterable(
        re.findall(r"^## (.+)\n\n((?:(?!^## ).*\n)*)", page.read_text(), flags=re.MULTILINE)
        for page in [*sorted(DECISIONS.glob("[!i]*.md")), DECISIONS / "images.md"]
    )
)
MOST_WORDS = 150


@pytest.mark.parametrize(("title", "text"), DECIDED, ids=[title for title, _ in DECIDED])
def test_a_decision_has_its_form(title: str, text: str) -> None:
    words = re.sub(r"^\|.*$", "", text, flags=re.MULTILINE).split()
    assert re.match(r"(Accepted|Superseded|Rejected alternative), 20\d\d-\d\d-\d\d", text), title
    assert [part for part in ("**Context.**", "**Decision.**", "**Price.**") if part not in text] == []
    assert len(words) <= MOST_WORDS


def test_the_index_lists_every_decision() -> None:
    listed = re.findall(r"^- \[(.+)\]\(\w+\.md#", (DECISIONS / "index.md").read_text(), flags=re.MULTILINE)
    assert sorted(listed) == sorted(title for title, _ in DECIDED)


# Words

HABITS = re.compile(
    r"\bwhoever\b|\bwhatever means\b|(?:^|[.;:] )Who [a-z]+s\b"
    r"|(?<!here )\b(?:is|are) no (?!longer|larger|smaller|more)|\b(?:is|are) said\b|\bsays? nothing\b|\bsays so\b"
    r"|\b[Ww]hat is wrong\b|\bwhat else\b|\bedge forgets\b|\bcomes? again\b|\bof before\b|\bfor want of\b"
    r"|\bas .{3,12} as may be\b|\bis (?:right|wrong) too\b|\banew\b|\bmend(?:s|ed)?\b|\bbut for (?:the|what)\b"
    r"|\bcan be had\b|\ball that is\b|\bis gone\b|\bgoing back failed\b",
    flags=re.MULTILINE,
)
"""Turns of phrase that an engineer does not write: archaic, or a riddle about whose subject the reader has to guess."""


def strings(path: Path) -> Iterator[str]:
    """Yield what a module may show: its texts and its own docstring (often a help text), no other docstrings."""
    tree = ast.parse(path.read_text())
    constants = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    yield ast.get_docstring(tree) or ""
    yield from (str(node.value) for node in constants if id(node) not in docstrings)


def shown(path: Path) -> str:
    """Return the texts of a file that users and operators read."""
    text = path.read_text()
    if path.suffix == ".py":
        return "\n".join(strings(path))
    if path.name == "Makefile":
        return "\n".join(re.findall(r"## (.*)", text))
    if path.name == "template.yaml":
        return "\n".join(re.findall(r"Description: (?:>-\n)?((?:.|\n {6,})*)", text))
    return re.sub(r"\s+(?=\S)", " ", re.sub(r"```.*?```|`[^`]*`", "", text, flags=re.DOTALL))


PROGRAMS = ("functions", "ops", "local", "lab", "bin")
PLAIN = [
    *PAGES,
    DOCS / "openapi.yaml",
    ROOT / "Makefile",
    ROOT / "template.yaml",
    *sorted((ROOT / "infrastructure").glob("*.yaml")),
    *(path for folder in PROGRAMS for path in sorted((ROOT / folder).rglob("*.py"))),
]


@pytest.mark.parametrize(
    "sentence",
    [
        "Whoever deploys, by whatever means: a changed setting publishes new versions of the functions.",
        "the answer was cached. Who asks for a new derivative waits for it",
        "'photos' is no transform, as 300x200 would be",
        "width is said twice",
        "PNG is so anyway, and JPEG can't: there it says nothing.",
        "What is wrong comes back from there as problem details",
        "another pass was quicker, and the key comes again",
        "write the golden images anew",
        "the stack that wrote the description is gone",
        "no operation of before may run",
    ],
)
def test_a_riddle_is_found(sentence: str) -> None:
    assert HABITS.search(sentence)


@pytest.mark.parametrize("path", PLAIN, ids=name)
def test_what_users_read_is_plain(path: Path) -> None:
    text = shown(path)
    assert [text[max(0, found.start() - 40) : found.end() + 40] for found in HABITS.finditer(text)] == []
