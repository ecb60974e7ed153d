"""The front door: what `from imaging import transcode` promises."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

import imaging
from grammar.errors import MalformedTransform
from grammar.transform import parse_transform
from imaging import transcode
from imaging.errors import NotAllowed, TooLarge, UnusableWatermark
from imaging.formats import WRITTEN
from imaging.limits import DEFAULT_LIMITS, Limits
from imaging.transcoding import DEFAULT_QUALITY
from imaging.watermark import open_watermark

if TYPE_CHECKING:
    from collections.abc import Iterator

Save = Callable[..., bytes]
FUNCTIONS = Path(__file__).parents[2] / "functions"


@pytest.fixture
def photograph(photo: Callable[[str], bytes]) -> bytes:
    return photo("chelsea.png")


def test_a_segment_and_a_transform_make_the_same_image(photograph: bytes) -> None:
    encoded = transcode(photograph, "90x60,fit=cover,f=webp")

    assert encoded == transcode(photograph, parse_transform("90x60,fit=cover,f=webp"))
    assert (encoded.content_type, encoded.format) == ("image/webp", "webp")
    assert (encoded.width, encoded.height, encoded.frames) == (90, 60, 1)
    assert Image.open(BytesIO(encoded.body)).size == (90, 60)


def test_a_description_and_an_automatic_format_are_made_too(photograph: bytes) -> None:
    assert json.loads(transcode(photograph, "f=json").body)["format"] == "png"
    assert transcode(photograph, "90x,f=auto").format == "png"
    assert transcode(photograph, "90x,f=auto", allowed_types={"webp", "jpeg"}).format == "jpeg"


def test_the_stages_are_announced(photograph: bytes) -> None:
    entered: list[str] = []

    @contextmanager
    def step(name: str) -> Iterator[None]:
        entered.append(name)
        yield
        entered.append(f"end of {name}")

    transcode(photograph, "90x", step=step)
    assert entered == ["decode", "end of decode", "transform", "end of transform", "encode", "end of encode"]
    entered.clear()
    transcode(photograph, "f=json", step=step)
    assert entered == ["describe", "end of describe"]


def test_the_keywords_have_the_template_s_defaults(written: dict[str, Any]) -> None:
    parameters: dict[str, Any] = {name: each.get("Default") for name, each in written["Parameters"].items()}

    assert parameters["DefaultQuality"] == DEFAULT_QUALITY
    assert set(parameters["AllowedTypes"].split(",")) == set(WRITTEN)
    for name in ("max_input_bytes", "max_input_pixels", "max_output_pixels"):
        parameter = "".join(part.capitalize() for part in name.replace("max", "maximum").split("_"))
        assert getattr(DEFAULT_LIMITS, name) == parameters[parameter]


def test_the_keywords_count(photograph: bytes) -> None:
    with pytest.raises(TooLarge):
        transcode(photograph, "90x", limits=Limits(max_input_pixels=9))
    with pytest.raises(NotAllowed, match=r"png is not allowed here \(allowed: jpeg, webp\)"):
        transcode(photograph, "90x", allowed_types=("webp", "jpeg"))
    low, high = (transcode(photograph, "90x,f=jpeg", default_quality=quality).body for quality in (10, 90))
    assert low == transcode(photograph, "90x,f=jpeg,q=10").body
    assert len(low) < len(high)


def test_a_watermark_is_bytes_or_opened(photograph: bytes, watermark: bytes) -> None:
    opened = open_watermark(watermark, "logo.png", DEFAULT_LIMITS)
    marked = transcode(photograph, "90x,wm=logo.png", watermark=watermark)

    assert marked == transcode(photograph, "90x,wm=logo.png", watermark=opened)
    assert marked.body != transcode(photograph, "90x").body
    with pytest.raises(UnusableWatermark, match="logo"):
        transcode(photograph, "90x,wm=logo.png", watermark=b"nothing")


@pytest.mark.parametrize("segment", ["90x", "90x,wm=logo.png"])
def test_a_watermark_without_its_option_is_a_mistake_and_the_reverse(
    photograph: bytes, watermark: bytes, segment: str
) -> None:
    with pytest.raises(ValueError, match="watermark"):
        transcode(photograph, segment, watermark=None if "wm" in segment else watermark)


def test_a_malformed_segment_is_refused(photograph: bytes) -> None:
    with pytest.raises(MalformedTransform):
        transcode(photograph, "90x,fit=round")


def test_the_package_has_two_public_functions() -> None:
    assert imaging.transcode is transcode
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = imaging.nothing  # type: ignore[attr-defined]


def run(program: str) -> list[str]:
    """Run a program in a process of its own, and return the words that it prints."""
    done = subprocess.run(  # noqa: S603 - a program of ours
        [sys.executable, "-c", program], cwd=FUNCTIONS, capture_output=True, text=True, check=True
    )
    return done.stdout.split()


def test_layout_and_limits_are_loaded_without_pillow() -> None:
    program = (
        "import sys, imaging.layout.plan, imaging.limits, imaging.formats, imaging.errors; print('PIL' in sys.modules)"
    )

    assert run(program) == ["False"]


def test_importing_the_core_changes_nothing_and_the_first_original_does() -> None:
    program = """
from PIL import Image
before = Image.MAX_IMAGE_PIXELS, Image.Exif.load
from imaging import configure_process, transcode
print((Image.MAX_IMAGE_PIXELS, Image.Exif.load) == before)
try:
    transcode(b"GIF89a", "9x")
except Exception as error:
    print(type(error).__name__)
after = Image.MAX_IMAGE_PIXELS, Image.Exif.load
configure_process()
print(after[0], after[1] != before[1], (Image.MAX_IMAGE_PIXELS, Image.Exif.load) == after)
"""

    assert run(program) == ["True", "DamagedImage", "None", "True", "True"]
