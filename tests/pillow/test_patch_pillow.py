"""A patch of Pillow-SIMD that does not apply stops the build. Their effect on images is tested in `tests/imaging`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pillow.patch_pillow import HEADERS, PATCHES, patch

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """Files with every text to replace once, each on lines of its own."""
    (tmp_path / "libImaging").mkdir()
    for name, replacements in PATCHES.items():
        (tmp_path / name).write_text("\n".join(old for old, _ in replacements))
    return tmp_path


def test_every_place_is_patched_and_every_header_is_there(sources: Path) -> None:
    patch(sources)

    for name, replacements in PATCHES.items():
        text = (sources / name).read_text()
        assert all(new in text for _, new in replacements)
    patched = "".join(path.read_text() for path in sources.glob("**/*.c"))
    for header in HEADERS.glob("*.h"):
        assert f'{header.name}"\n' in patched
        assert (sources / "libImaging" / header.name).read_bytes() == header.read_bytes()


@pytest.mark.parametrize(("name", "old"), [(name, old) for name, pairs in PATCHES.items() for old, _ in pairs])
@pytest.mark.parametrize("times", [0, 2])
def test_a_place_that_is_not_there_once_stops_the_build(sources: Path, name: str, old: str, times: int) -> None:
    path = sources / name
    path.write_text(path.read_text().replace(old, old * times))

    with pytest.raises(ValueError, match=f"{name} has this text {times} times"):
        patch(sources)
