"""Writes everything that is generated: `python -m bin.generate`. With --check it names what is stale instead."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bin.generate.repository import generate

ROOT = Path(__file__).parents[2]


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Run the program; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m bin.generate", description="write what repeats something else")
    parser.add_argument("--check", action="store_true", help="write nothing; name the stale files, and exit with 1")
    check = parser.parse_args(arguments).check
    stale = {path: text for path, text in generate(root).items() if not path.exists() or path.read_text() != text}
    for path, text in stale.items():
        name = path.relative_to(root)
        if check:
            print(f"{name} is stale: run `make generate`", file=sys.stderr)
        else:
            path.write_text(text)
            print(f"generated {name}")
    return 1 if stale and check else 0


if __name__ == "__main__":
    sys.exit(main())
