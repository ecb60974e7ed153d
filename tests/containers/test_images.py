from __future__ import annotations

import base64
import json
import sys
from io import BytesIO
from typing import TYPE_CHECKING

import pillow_heif
import pytest
from PIL import Image as PillowImage

from .conftest import ROOT, SAM, run

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Image

pytestmark = [pytest.mark.container, pytest.mark.timeout(2400)]

FUNCTIONS = ("CopyFunction", "ResizeFunction")
SIZE_LIMIT = 300_000_000
"""Bytes, unpacked: both were 200 MB at most when this was written. A start gets slower with each of them."""

UNCOMPILED = """
import importlib, json, os, sys
importlib.import_module(sys.argv[1])
cached = {name: getattr(module, "__cached__", None) for name, module in sys.modules.items()}
print(json.dumps([name for name, path in cached.items() if path and not os.path.exists(path)]))
"""


@pytest.fixture(params=FUNCTIONS)
def image(request: pytest.FixtureRequest, images: dict[str, Image]) -> Image:
    return images[request.param]


def test_the_template_is_valid_and_lints() -> None:
    run(SAM, "validate")


@pytest.mark.parametrize(
    "dockerfile", sorted((ROOT / "functions").glob("*/Dockerfile")), ids=lambda path: path.parent.name
)
def test_hadolint_reports_nothing(dockerfile: Path) -> None:
    done = run(ROOT / ".venv" / "bin" / "hadolint", dockerfile)
    assert done.stdout == ""


def test_every_function_of_the_template_has_an_image(images: dict[str, Image]) -> None:
    assert sorted(images) == sorted(FUNCTIONS)


def test_the_images_are_small(image: Image, capsys: pytest.CaptureFixture[str]) -> None:
    size = int(image.inspect("{{.Size}}"))
    with capsys.disabled():
        print(f"\n{image.tag}: {size / 1e6:.0f} MB unpacked", file=sys.stderr)  # noqa: T201 - shown in each run
    assert size < SIZE_LIMIT


def test_the_images_share_all_layers_but_their_own(images: dict[str, Image]) -> None:
    copy, resize = (json.loads(images[name].inspect("{{json .RootFS.Layers}}")) for name in FUNCTIONS)
    # The base, Debian's Python, and the libraries; the copy function has its code on top of them.
    assert copy[:-1] == resize[: len(copy) - 1]


def test_an_image_runs_without_root(image: Image) -> None:
    assert image.run("id", "-u") == "65534"


def test_an_image_has_no_tools_to_build_or_install_with(image: Image) -> None:
    assert image.run("sh", "-c", "command -v cc gcc ld make pip pip3 || true") == ""
    assert image.run("sh", "-c", "find / -xdev -name pip -print -o -name '*.h' -print 2>/dev/null || true") == ""
    assert image.run("ls", "-A", "/var/lib/apt/lists") == ""


def test_an_image_contains_only_its_own_code(image: Image) -> None:
    held = set(image.run("ls", "-A", "/var/task").split())
    own = {"copy": {"copier"}, "resize": {"imaging", "resizer"}}
    assert held == {"cloud", "grammar", *own[image.tag.partition(":")[2]]}


def test_all_that_a_cold_start_imports_is_compiled_ahead(image: Image) -> None:
    (handler,) = json.loads(image.inspect("{{json .Config.Cmd}}"))
    assert json.loads(image.run("python3", "-c", UNCOMPILED, handler.rpartition(".")[0])) == []


def test_compiled_code_is_believed_without_a_look_at_its_source(image: Image) -> None:
    # PEP 552: the second word of the file is 1 (by hash) and not 3 (by hash, compared with the source's).
    flags = image.run("sh", "-c", "for f in /var/task/*/__pycache__/*.pyc; do od -An -tu4 -j4 -N4 $f; done")
    assert set(flags.split()) == {"1"}


def test_the_resize_image_decodes_with_simd_and_all_its_codecs(images: dict[str, Image]) -> None:
    report = images["ResizeFunction"].run(
        "python3",
        "-c",
        "import json, PIL; from PIL import features; from imaging import formats, plugins;"
        "found = [name for name in ('freetype2', 'jpg', 'jpg_2000', 'libtiff', 'littlecms2', 'webp')"
        " if features.check(name)];"
        "parsers = [plugins.load_plugin(fmt).__name__ for fmt in formats.FORMATS.values()];"
        "print(json.dumps([PIL.__version__, features.version('zlib'), found, parsers]))",
    )
    version, zlib, found, parsers = json.loads(report)
    assert ".post" in version
    assert zlib.endswith("zlib-ng")
    assert found == ["freetype2", "jpg", "jpg_2000", "libtiff", "littlecms2", "webp"]
    assert "HeifImageFile" in parsers
    assert "JXLImageFile" in parsers


def test_the_resize_image_reads_heic_without_the_encoder_that_comes_with_its_decoder(images: dict[str, Image]) -> None:
    body = BytesIO()
    pillow_heif.register_heif_opener()
    PillowImage.new("RGB", (64, 64), (200, 100, 50)).save(body, "HEIF", quality=95)
    program = (
        "import base64, glob, json, os, sys;"
        "from imaging.reading.pillow import open_image; from imaging.formats import FORMATS;"
        "image = open_image(base64.b64decode(sys.argv[1]), FORMATS['heic']); image.load();"
        "(x265,) = glob.glob('/opt/python/pillow_heif.libs/libx265*');"
        "print(json.dumps([image.getpixel((9, 9)), os.path.getsize(x265)]))"
    )

    colour, size = json.loads(
        images["ResizeFunction"].run("python3", "-c", program, base64.b64encode(body.getvalue()).decode())
    )

    assert all(abs(one - other) < 4 for one, other in zip(colour, (200, 100, 50), strict=True))
    assert size < 50_000


def test_the_resize_image_has_its_font(images: dict[str, Image]) -> None:
    program = (
        "from PIL.ImageFont import truetype; from imaging.steps.lettering import FONT; print(*truetype(FONT).getname())"
    )
    assert images["ResizeFunction"].run("python3", "-c", program) == "Open Sans Semibold"


def test_botocore_knows_the_services_that_are_called(image: Image) -> None:
    program = (
        "import sys; from botocore.session import get_session; from aws_xray_sdk.core import xray_recorder;"
        "[get_session().create_client(name) for name in ('cloudfront', 'dynamodb', 's3', 'sqs', 'sts')]"
    )
    image.run("python3", "-c", program)


def test_an_image_handles_an_event_without_root_on_a_read_only_file_system(images: dict[str, Image]) -> None:
    copied = images["CopyFunction"].handle((ROOT / "events" / "copy-test-event.json").read_text())
    assert json.loads(copied) == {"batchItemFailures": []}
    refused = images["ResizeFunction"].handle((ROOT / "events" / "resize-malformed-transform.json").read_text())
    assert json.loads(refused)["statusCode"] == 400
