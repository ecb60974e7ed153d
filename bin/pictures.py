# ruff: noqa: INP001 - a program, and no package
"""Makes the pictures of README.md and docs/ from samples/, by the project's own core: `make pictures`.

A picture whose alternative text is a path of the service, such as ![/300x200/seeding.jpg](docs/images/small.jpg), is
what the service answers to that path. The watermark of these pages is an original without a photograph: drawn here.
"""

from __future__ import annotations

import re
import sys
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw

from grammar.path import parse_path
from imaging import transcode

ROOT = Path(__file__).parents[1]
PAGES = ("README.md", "docs/urls.md")


def find_pictures() -> dict[Path, str]:
    """Return the path of the service by the file that shows its answer."""
    return {
        (ROOT / page).parent / file: path
        for page in PAGES
        for path, file in re.findall(r"!\[/([^\]\s]+)\]\(([\w./-]+)\)", (ROOT / page).read_text())
    }


def make_picture(path: str) -> bytes:
    """Return what the service answers to `path`, without its leading slash."""
    transform, key = parse_path(path)
    logo = draw_logo() if transform.watermark else None
    return transcode((ROOT / "samples" / key).read_bytes(), transform, watermark=logo).body


def draw_logo() -> bytes:
    """Return a watermark as PNG: a white ring with a dot, on nothing."""
    image = Image.new("RGBA", (256, 256))
    draw = ImageDraw.Draw(image)
    draw.ellipse((16, 16, 240, 240), outline=(255, 255, 255, 230), width=28)
    draw.ellipse((88, 88, 168, 168), fill=(255, 255, 255, 230))
    file = BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def main() -> int:
    """Write every picture that the pages show."""
    pictures = find_pictures()
    for file, path in pictures.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(make_picture(path))
    print(f"{len(pictures)} pictures, {sum(file.stat().st_size for file in pictures):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
