"""`make generate` writes what is stale, and `--check` names it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from bin.generate.__main__ import main
from bin.generate.blocks import fill
from bin.generate.dashboard import write_dashboard
from bin.generate.javascript import minify
from bin.generate.tables import find_pictures, write_options

ROOT = Path(__file__).parents[2]
TOOLS = ROOT / ".venv/tools/javascript"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of everything that is read or written, with the tools of this one."""
    for name in ("functions/edge", "infrastructure", "docs"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for name in ("template.yaml", "README.md"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / ".venv/tools").mkdir(parents=True)
    (tmp_path / ".venv/tools/javascript").symlink_to(TOOLS)
    return tmp_path


EDITS = {
    "functions/edge/viewer_request.js": ("trim  0..254", "trim  0..255"),
    "infrastructure/dashboard.json": ('"title": "Now"', '"title": "Later"'),
    "infrastructure/terraform/outputs.tf": ("output", "variable"),
    "template.yaml": ("Default: 80", "Default: 81"),
}


def test_stale_files_are_named_until_they_are_generated(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, (old, new) in EDITS.items():
        path = checkout / name
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))
    assert main(["--check"], checkout) == 1
    lines = capsys.readouterr().err.splitlines()
    named = {
        name for line in lines if not (name := line.removesuffix(" is stale: run `make generate`")).endswith(".md")
    }
    written = EDITS.keys() - {"infrastructure/dashboard.json"} | {"infrastructure/terraform/variables.tf"}
    assert named == written
    assert main([], checkout) == 0
    assert main(["--check"], checkout) == 0
    assert '"title": "Later"' in (checkout / "template.yaml").read_text()


def test_a_block_is_filled_and_keeps_its_markers() -> None:
    text = "a\n  # generated: x.txt\n  key:\n    old\n  # end of generated\n"
    text += "<!-- generated: y -->\n<!-- end of generated -->\n"
    assert fill(text, lambda source, content: f"{content.splitlines()[:1]} {source}\n") == (
        "a\n  # generated: x.txt\n['  key:'] x.txt\n  # end of generated\n"
        "<!-- generated: y -->\n[] y\n<!-- end of generated -->\n"
    )


@pytest.mark.parametrize("text", ["// generated: x\na\n", "// generated: x\n// generated: y\n// end of generated\n"])
def test_a_block_without_an_end_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"1 of \d generated blocks have no end"):
        fill(text, lambda _, content: content)


def test_the_minifier_does_not_compute_with_placeholders() -> None:
    code = (
        "var isSet = '${Key}' !== '';\nvar keys = '${Key}'.length;\nfunction handler() { return [isSet, keys, keys]; }"
    )
    minified = minify(code, TOOLS)
    assert minified.count("'${Key}'") == 2
    assert "function handler()" in minified


def test_placeholders_of_numbers_and_conditions_lose_their_quotes() -> None:
    template = {"Parameters": {"Size": {"Type": "Number"}, "Name": {"Type": "String"}}, "Conditions": {"IsBig": {}}}
    body = json.dumps({"widgets": [{"a": "${Size}", "b": "${Name}"}, {"c": "${IsBig}", "d": "of ${Size}"}]})
    assert write_dashboard(body, template) == (
        '{"widgets": [\n{"a": ${Size}, "b": "${Name}"},\n{"c": ${IsBig}, "d": "of ${Size}"}\n]}\n'
    )


PAGE = """
![/160x,blur=3,f=webp/a.png](blurred.webp)
![/160x,blur=3/a/b.png](images/blur.png) ![a text](text.png) ![/docs](no.png)
![/x120,q=30/a.png](x.png)
"""


def test_an_option_is_shown_by_the_simplest_picture_of_the_page_that_has_it() -> None:
    found = {alias: picture.file for alias, picture in find_pictures(PAGE).items()}
    assert found == {"w": "images/blur.png", "blur": "images/blur.png", "f": "blurred.webp", "h": "x.png", "q": "x.png"}
    table = write_options(PAGE)
    assert "| `160x,blur=3` ![blur](images/blur.png) |\n" in table
    assert len({line.count("|") for line in table.splitlines() if line}) == 1
