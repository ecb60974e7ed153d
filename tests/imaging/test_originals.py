"""Originals of every format and kind that is read, and the kinds that are refused."""

from __future__ import annotations

import base64
import struct
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
import pillow_jxl
import pytest
from PIL import Image, ImageCms, TiffTags
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from grammar.transform import parse_transform
from imaging.errors import DamagedImage, NotAnImage, TooLarge
from imaging.reading.decoder import decode, read_header
from imaging.writing.encoder import Encoded

if TYPE_CHECKING:
    from imaging.limits import Limits

Save = Callable[..., bytes]
Render = Callable[[bytes, str], Image.Image]
Transcode = Callable[[bytes, str], Encoded]

COLOURS = [(200, 30, 30), (30, 160, 60), (40, 60, 200), (240, 240, 240)]
KINDS: list[tuple[str, dict[str, Any]]] = [
    ("HEIF", {"quality": 90}),
    ("JXL", {"quality": 95}),
    ("JXL", {"lossless": True, "use_container": True}),
    ("TIFF", {}),
    ("TIFF", {"compression": "tiff_lzw"}),
    ("TIFF", {"compression": "tiff_adobe_deflate"}),
    ("TIFF", {"compression": "packbits"}),
    ("TIFF", {"compression": "jpeg", "quality": 95}),
    ("BMP", {}),
    ("ICO", {"sizes": [(64, 64)]}),
    ("ICO", {"sizes": [(64, 64)], "bitmap_format": "bmp"}),
    ("JPEG2000", {}),
    ("JPEG2000", {"no_jp2": True}),
]


def quarters(mode: str = "RGB") -> Image.Image:
    """Return four squares: red, green, blue and nearly white."""
    image = Image.new("RGB", (64, 64))
    for index, colour in enumerate(COLOURS):
        image.paste(colour, (index % 2 * 32, index // 2 * 32, index % 2 * 32 + 32, index // 2 * 32 + 32))
    return image.convert(mode)


def centres(image: Image.Image) -> list[tuple[int, ...]]:
    small = image.convert("RGB")
    step = small.width // 4
    return [tuple(np.asarray(small)[y, x]) for y in (step, 3 * step) for x in (step, 3 * step)]


@pytest.mark.parametrize(("fmt", "options"), KINDS)
def test_every_kind_of_original_is_rendered(render: Render, save: Save, fmt: str, options: dict[str, Any]) -> None:
    found = render(save(quarters(), fmt, **options), "32x,f=png")

    assert found.size == (32, 32)
    assert np.allclose(centres(found), COLOURS, atol=14)


@pytest.mark.parametrize(("fmt", "options"), KINDS)
def test_every_original_becomes_a_format_that_browsers_show(
    transcode: Transcode, save: Save, fmt: str, options: dict[str, Any]
) -> None:
    made = transcode(save(quarters(), fmt, **options), "32x")

    assert made.format == ("png" if fmt in ("BMP", "ICO") else "jpeg")


@pytest.mark.parametrize("fmt", ["HEIF", "JXL", "TIFF", "ICO", "JPEG2000"])
def test_transparency_is_kept_where_the_new_format_can(render: Render, save: Save, fmt: str) -> None:
    image = quarters("RGBA")
    image.paste((0, 0, 0, 0), (0, 0, 32, 32))
    options = {"sizes": [(64, 64)]} if fmt == "ICO" else {}

    found = render(save(image, fmt, **options), "32x,f=webp").convert("RGBA")

    assert np.asarray(found)[8, 8, 3] < 8
    assert np.asarray(found)[24, 24, 3] > 247


@pytest.mark.parametrize(("fmt", "mode"), [("TIFF", "I;16"), ("JPEG2000", "I;16"), ("JXL", "L"), ("TIFF", "L")])
def test_grey_of_many_bits_keeps_its_range(render: Render, save: Save, fmt: str, mode: str) -> None:
    full = 0xFFFF if mode == "I;16" else 0xFF
    ramp = np.linspace(0, full, 64).astype(np.uint16 if mode == "I;16" else np.uint8)
    options = {"lossless": True} if fmt == "JXL" else {}
    data = save(Image.fromarray(np.tile(ramp, (64, 1))), fmt, **options)

    found = np.asarray(render(data, "64x64,f=png").convert("L"))

    assert np.allclose(found[32], np.linspace(0, 255, 64), atol=4)


@pytest.mark.parametrize("fmt", ["TIFF", "JPEG"])
def test_cmyk_becomes_srgb(render: Render, save: Save, fmt: str) -> None:
    image = Image.new("CMYK", (40, 40), (255, 0, 0, 0))

    red, green, blue = np.asarray(render(save(image, fmt), "20x,f=png").convert("RGB"))[10, 10]

    assert red < 20 < green
    assert blue > 200


def test_a_wide_gamut_of_a_tiff_is_converted(render: Render, save: Save) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

    assert render(save(quarters(), "TIFF", icc_profile=profile), "32x,f=png").info.get("icc_profile") is None


def test_a_tiff_that_lies_on_its_side_is_turned_once(render: Render, save: Save) -> None:
    data = save(quarters().crop((0, 0, 64, 32)), "TIFF", tiffinfo={274: 6})

    found = render(data, "x64,f=png")

    assert found.size == (32, 64)
    assert np.allclose(np.asarray(found.convert("RGB"))[[16, 48], 16], COLOURS[:2], atol=3)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_tiff_is_cropped_and_turned_as_a_jpeg_is(render: Render, save: Save, orientation: int) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    image = quarters().crop((0, 0, 64, 48))
    jpeg = save(image, "JPEG", exif=exif.tobytes(), quality=95, subsampling=0)
    tiff = save(image, "TIFF", tiffinfo={274: orientation})

    for segment in ("f=png", "orient=none,f=png", "16x,crop=0.0:0.25:0.5:0.75,f=png", "20x40,fit=cover,g=east,f=png"):
        one, other = (np.asarray(render(data, segment).convert("RGB"), float) for data in (jpeg, tiff))
        assert one.shape == other.shape
        assert np.abs(one - other).mean() < 3


@pytest.mark.parametrize("bits", [8, 16])
def test_a_tiff_may_be_a_negative(render: Render, bits: int) -> None:
    tags = [(256, 2), (257, 1), (258, bits), (259, 1), (262, 0), (273, 122), (277, 1), (278, 1), (279, bits // 4)]
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    samples = (0, 200) if bits == 8 else (0, 200 * 257)
    data = (
        struct.pack("<4sIH", b"II*\0", 8, len(tags))
        + entries
        + bytes(4)
        + struct.pack("<2B" if bits == 8 else "<2H", *samples)
    )

    found = render(data, "f=png").convert("L")

    assert list(found.tobytes()) == [255, 55]


def test_xmp_does_not_turn_a_tiff(render: Render, save: Save) -> None:
    packet = b'<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/>'
    image = quarters().crop((0, 0, 64, 48))

    found = render(save(image, "TIFF", tiffinfo={700: packet}), "f=png")

    assert found.convert("RGB").tobytes() == image.tobytes()


def test_the_copyright_of_a_tiff_is_kept_on_request(render: Render, save: Save) -> None:
    data = save(quarters(), "TIFF", tiffinfo={33432: "Ann", 315: "Bob", 305: "A program", 274: 3})

    kept, all_of_it, nothing = (
        dict(render(data, f"{segment}f=jpeg").getexif()) for segment in ("metadata=copyright,", "metadata=all,", "")
    )

    assert kept == {33432: "Ann", 315: "Bob"}
    assert all_of_it == kept | {305: "A program"}
    assert nothing == {}


def fractional(orientation: float) -> ImageFileDirectory_v2:
    tags = ImageFileDirectory_v2()
    tags.tagtype[274] = TiffTags.FLOAT
    tags[274] = orientation
    return tags


@pytest.mark.parametrize("tags", [{274: 9}, {274: 0}, fractional(3), {315: 7, 33432: b"Ann\xff"}])
def test_nonsense_in_the_tags_of_a_tiff_harms_nothing(render: Render, save: Save, tags: dict[int, object]) -> None:
    found = render(save(quarters(), "TIFF", tiffinfo=tags), "metadata=all,f=png")

    assert found.convert("RGB").tobytes() == quarters().tobytes()


def test_a_heic_that_lies_on_its_side_is_turned_once(render: Render, save: Save) -> None:
    exif = Image.Exif()
    exif[274] = 6
    data = save(quarters().crop((0, 0, 64, 32)), "HEIF", exif=exif.tobytes(), quality=95)

    found = render(data, "x64,f=png")

    assert found.size == (32, 64)
    assert np.allclose(np.asarray(found.convert("RGB"))[[16, 48], 16], COLOURS[:2], atol=14)


def test_the_orientation_of_a_jpeg_xl_is_its_codestream_s_and_not_its_exif_block_s(render: Render, save: Save) -> None:
    exif = Image.Exif()
    exif[274] = 6

    found = render(save(quarters().crop((0, 0, 64, 32)), "JXL", exif=exif.tobytes(), use_container=True), "f=png")

    assert found.size == (64, 32)


def test_a_jpeg_xl_made_of_a_jpeg_is_rendered(render: Render, photo: Callable[[str], bytes]) -> None:
    encoder_class: Any = pillow_jxl.Encoder  # its stub is of another version
    quality = {"lossless": False, "quality": 90, "effort": 3, "decoding_speed": 0, "use_original_profile": False}
    encoder = encoder_class(mode="RGB", use_container=True, num_threads=1, **quality)
    data = encoder(photo("hubble.jpg"), 1000, 872, jpeg_encode=True)

    assert render(data, "100x,f=png").size == (100, 87)


def test_a_jpeg_xl_that_moves_is_refused_before_it_is_decoded(limits: Limits) -> None:
    # three frames of 16 x 12, by cjxl 0.7
    data = base64.b64decode(
        "/wpYMMEAAopLAggCkgkAAFwASxiLFQDUjDEYxwtEALBIJNviD0DYjwYIApIJAABQAEsYixWAXar/AhEAVKtQAISS+/cDCAKSBQBEAEsYixWAXdT/"
        "AhEAELcznfgD"
    )

    with pytest.raises(NotAnImage, match="Animated JPEG XL"):
        read_header(data, limits)


def test_jpeg_xl_is_written_on_request(transcode: Transcode, photo: Callable[[str], bytes]) -> None:
    encoded = transcode(photo("hubble.jpg"), "200x,f=jxl")

    with Image.open(BytesIO(encoded.body)) as image:
        assert (encoded.content_type, image.format, image.size) == ("image/jxl", "JXL", (200, 174))


def test_a_jpeg_of_twelve_bits_is_refused_clearly(limits: Limits, save: Save) -> None:
    data = save(quarters(), "JPEG")
    at = data.index(b"\xff\xc0")

    with pytest.raises(NotAnImage, match="12 bits"):
        decode(data[: at + 4] + b"\x0c" + data[at + 5 :], parse_transform("9x"), limits)


@pytest.mark.parametrize("compression", ["webp", "zstd", "lzma"])
def test_a_tiff_of_a_rare_compression_is_refused(limits: Limits, save: Save, compression: str) -> None:
    number = {"webp": 50001, "zstd": 50000, "lzma": 34925}[compression]
    data = save(quarters(), "TIFF")
    field = struct.pack("<HHII", 259, 3, 1, 1)
    assert field in data

    with pytest.raises(NotAnImage, match="TIFF of this kind"):
        decode(data.replace(field, struct.pack("<HHII", 259, 3, 1, number)), parse_transform("9x"), limits)


def test_a_tiff_of_floating_point_is_refused(limits: Limits, save: Save) -> None:
    with pytest.raises(NotAnImage, match="F,"):
        decode(save(Image.new("F", (9, 9)), "TIFF"), parse_transform("9x"), limits)


def test_a_compressed_bmp_is_refused(limits: Limits, save: Save) -> None:
    data = bytearray(save(quarters("P"), "BMP"))
    data[30:34] = struct.pack("<I", 1)

    with pytest.raises(NotAnImage, match="Compressed"):
        decode(bytes(data), parse_transform("9x"), limits)


@pytest.mark.parametrize(
    ("fmt", "offset", "layout"),
    [("BMP", 18, "<ii"), ("TIFF", None, None), ("JPEG2000", None, None), ("HEIF", None, None)],
)
def test_a_header_of_too_many_pixels_is_refused(
    limits: Limits, save: Save, fmt: str, offset: int | None, layout: str | None
) -> None:
    data = bytearray(save(quarters(), fmt))
    if offset and layout:
        struct.pack_into(layout, data, offset, 30000, 30000)
    elif fmt == "TIFF":
        for tag in (256, 257):
            at = data.index(struct.pack("<HHI", tag, 4, 1) if struct.pack("<HHI", tag, 4, 1) in data
                            else struct.pack("<HHI", tag, 3, 1))  # fmt: skip
            struct.pack_into("<HHII", data, at, tag, 4, 1, 30000)
    elif fmt == "JPEG2000":
        at = data.index(b"ihdr") + 4
        struct.pack_into(">II", data, at, 30000, 30000)
    else:
        at = data.index(b"ispe") + 8
        struct.pack_into(">II", data, at, 30000, 30000)

    with pytest.raises((TooLarge, DamagedImage)) as caught:
        decode(bytes(data), parse_transform("9x"), limits)
    assert isinstance(caught.value, TooLarge) or fmt == "HEIF"  # whose size is that of its tiles


def test_an_icon_with_a_png_larger_than_its_entry_is_refused(limits: Limits, save: Save) -> None:
    png = bytearray(save(Image.new("L", (9, 9)), "PNG"))
    struct.pack_into(">II", png, 16, 60000, 60000)
    data = struct.pack("<HHHBBBBHHII", 0, 1, 1, 16, 16, 0, 0, 1, 32, len(png), 22) + png

    with pytest.raises(TooLarge, match="60000"):
        decode(data, parse_transform("9x"), limits)


@pytest.mark.parametrize("fmt", ["JXL", "JPEG2000", "AVIF"])
def test_a_format_that_takes_twice_the_memory_has_half_of_the_pixels(limits: Limits, save: Save, fmt: str) -> None:
    data = save(Image.new("RGB", (100, 90)), fmt)
    exact = replace(limits, max_input_pixels=2 * 100 * 90)

    assert decode(data, parse_transform("9x"), exact).frames[0].image.width >= 9
    with pytest.raises(TooLarge, match="8,999"):
        decode(data, parse_transform("9x"), replace(exact, max_input_pixels=2 * 100 * 90 - 1))


def tiff(*more: tuple[int, int, int, int], samples: int = 1, bits: int = 8, compression: int = 1) -> bytes:
    """Return a TIFF of 8 by 8 grey pixels with more tags: number, type, count, value."""
    tags = [(256, 4, 1, 8), (257, 4, 1, 8), (258, 4, 1, bits), (259, 4, 1, compression), (262, 4, 1, 1)]
    tags += [(277, 4, 1, samples), (278, 4, 1, 8), (279, 4, 1, 8 * bits), *more]
    start = 8 + 2 + 12 * (len(tags) + 1) + 4
    entries = b"".join(struct.pack("<HHII", *tag) for tag in sorted([*tags, (273, 4, 1, start)]))
    return struct.pack("<4sIH", b"II*\0", 8, len(tags) + 1) + entries + bytes(4 + 64 * 8)


RAW = {
    "DNG": tiff((50706, 1, 4, 0x0401)),
    "DNG with a thumbnail": tiff((50706, 1, 4, 0x0401), (254, 4, 1, 1), (330, 4, 1, 8)),
    "NEF, ARW": tiff((254, 4, 1, 1), (330, 4, 1, 8)),
    "CR2": b"II*\0\x10\0\0\0CR\2\0" + bytes(4) + tiff()[8:],
    "CR3": b"\0\0\0\x18ftypcrx \0\0\0\1" + bytes(40),
    "RAF": b"FUJIFILMCCD-RAW 0201" + bytes(40),
    "RW2": b"IIU\0" + bytes(40),
    "ORF": b"IIRO" + bytes(40),
}


@pytest.mark.parametrize("name", RAW)
def test_camera_raw_is_refused_by_its_name(transcode: Transcode, name: str) -> None:
    with pytest.raises(NotAnImage, match="RAW"):
        transcode(RAW[name], "4x")


@pytest.mark.parametrize(
    "options", [{"bits": 3}, {"bits": 64}, {"compression": 99}, {"compression": 32809}, {"samples": 2, "bits": 12}]
)
def test_a_tiff_of_a_kind_that_is_not_read_is_not_called_damaged(transcode: Transcode, options: dict[str, int]) -> None:
    with pytest.raises(NotAnImage):
        transcode(tiff(**options), "4x")


def test_a_reduced_tiff_alone_is_read(transcode: Transcode) -> None:
    assert transcode(tiff((254, 4, 1, 1)), "4x").width == 4
