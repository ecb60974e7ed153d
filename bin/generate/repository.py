"""All files that have something generated, with their texts as they should be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from samtranslator.yaml_helper import yaml_parse  # understands CloudFormation's tags

from bin.generate import javascript, tables, terraform
from bin.generate.blocks import BEGIN, fill, indent
from bin.generate.dashboard import write_dashboard

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def generate(root: Path) -> dict[Path, str]:
    """Return the text of each file with something generated. Raises ValueError for markers that are not understood."""
    written = (root / "template.yaml").read_text()
    template: dict[str, Any] = yaml_parse(written)
    edge = {path: _fill_code(path.read_text()) for path in sorted((root / "functions/edge").glob("*.js"))}

    def embed(source: str, content: str) -> str:
        """Return a block of the template: its first line, which names the property, and below it the source's text."""
        path = root / source
        text = javascript.minify(edge[path], root / ".venv/tools/javascript") if path in edge else path.read_text()
        if path.suffix == ".json":
            text = write_dashboard(text, template)
        head = content.partition("\n")[0]
        return f"{head}\n{indent(text, len(head) - len(head.lstrip()) + 2)}"

    documents = [path for path in [root / "README.md", *sorted((root / "docs").rglob("*.md"))] if path.is_file()]
    marked = [path for path in documents if BEGIN in path.read_text()]
    return {
        **edge,
        root / "template.yaml": fill(written, embed),
        **{path: _fill_document(path.read_text(), template["Parameters"]) for path in marked},
        **{root / "infrastructure/terraform" / name: text for name, text in terraform.write_files(template).items()},
    }


def _fill_code(text: str) -> str:
    writers = {"options": javascript.write_options, "colours": javascript.write_colours}
    return fill(text, lambda source, _: _choose(writers, source))


def _fill_document(text: str, parameters: dict[str, Any]) -> str:
    writers = {
        "options": lambda: tables.write_options(text),
        "formats": tables.write_formats,
        "parameters": lambda: tables.write_parameters(parameters),
    }
    return fill(text, lambda source, _: _choose(writers, source))


def _choose(writers: dict[str, Callable[[], str]], source: str) -> str:
    if source not in writers:
        raise ValueError(f"{source!r} is not generated here (known: {', '.join(writers)})")
    return writers[source]()
