"""Trims botocore's data to what a function needs, when its image is built: `trim_models.py DIRECTORY SERVICE...`.

When a client is made, it parses its service's model, its endpoint rules and the list of all endpoints. Most of that is
documentation, and services that are never called.
"""

from __future__ import annotations

import gzip
import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection


def trim(directory: Path, services: Collection[str]) -> None:
    """Keep these services' newest models, undocumented and uncompressed. Raises KeyError for an unknown service."""
    found = {path.name: path for path in directory.iterdir() if path.is_dir()}
    for name in found.keys() - set(services):
        shutil.rmtree(found[name])
    for name in services:
        *older, newest = sorted(found[name].iterdir())
        for version in older:
            shutil.rmtree(version)
        (newest / "examples-1.json").unlink(missing_ok=True)
        for path in newest.glob("*.json.gz"):
            _write(path.with_suffix(""), _without_documentation(json.loads(gzip.decompress(path.read_bytes()))))
            path.unlink()
    endpoints = json.loads((directory / "endpoints.json").read_bytes())
    for partition in endpoints["partitions"]:
        partition["services"] = {name: value for name, value in partition["services"].items() if name in services}
    _write(directory / "endpoints.json", endpoints)


def _without_documentation(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Empty every `documentation` text; the key must stay. A member or parameter with that name is kept."""
    if isinstance(value, dict):
        return {
            key: "" if key == "documentation" and isinstance(item, str) else _without_documentation(item)
            for key, item in value.items()
        }
    return [_without_documentation(item) for item in value] if isinstance(value, list) else value


def _write(path: Path, value: Any) -> None:  # noqa: ANN401 - as above
    path.write_text(json.dumps(value, separators=(",", ":")))


if __name__ == "__main__":
    trim(Path(sys.argv[1]), sys.argv[2:])
