from __future__ import annotations

from dataclasses import replace

import pytest

from grammar.errors import MalformedTransform
from grammar.transform import Transform, parse_transform
from imaging.errors import TooLarge
from imaging.formats import FORMATS
from imaging.layout.plan import Header, Reduction, frames_needed, plan, reduce_box
from imaging.limits import Limits

LIMITS = Limits()
PHOTO = Header(
    format=FORMATS["jpeg"],
    codec="JPEG",
    size=(1600, 800),
    frames=1,
    hidden=0,
    has_alpha=False,
    orientation=1,
    profile=None,
    plays=0,
)
ANIMATION = replace(PHOTO, format=FORMATS["png"], codec="PNG", frames=5)


def reduction(segment: str, header: Header = PHOTO) -> Reduction | None:
    return plan(header, parse_transform(segment), LIMITS).reduction


@pytest.mark.parametrize(
    ("segment", "step"),
    [("800x", 1), ("500x", 2), ("400x", 2), ("300x", 4), ("200x", 4), ("150x", 8), ("20x", 8), ("400x50,fit=fill", 2)],
)
def test_a_jpeg_is_reduced_by_a_power_of_two(segment: str, step: int) -> None:
    expected = Reduction((1600 // step, 800 // step), (step, step)) if step > 1 else None

    assert reduction(segment) == expected


def test_a_webp_is_reduced_to_twice_the_size() -> None:
    webp = replace(PHOTO, format=FORMATS["webp"], codec="WEBP")

    assert reduction("100x", webp) == Reduction((200, 100), (8, 8))
    assert reduction("401x", webp) is None


def test_the_codec_decides_and_not_the_container() -> None:
    assert reduction("100x", replace(PHOTO, format=FORMATS["jxl"])) == reduction("100x")
    assert reduction("100x", replace(PHOTO, codec="PNG")) is None


def test_a_crop_counts_in_the_reduction_and_orientation_too() -> None:
    assert reduction("100x,crop=0:0:200:200") is None
    turned = reduction("x100", replace(PHOTO, orientation=6))
    assert turned == Reduction((200, 100), (8, 8))


@pytest.mark.parametrize(
    ("segment", "needed", "pictures"),
    [
        ("f=webp", None, range(5)),
        ("f=jpeg", 1, range(1)),
        ("f=webp,animate=false", 1, range(1)),
        ("f=webp,frame=3", 4, range(3, 4)),
    ],
)
def test_the_pictures_of_an_animation_are_selected(segment: str, needed: int | None, pictures: range) -> None:
    transform = parse_transform(segment)
    found = plan(ANIMATION, transform, LIMITS)

    assert frames_needed(ANIMATION.format, transform) == needed
    assert (found.pictures, found.is_animation) == (pictures, len(pictures) > 1)


@pytest.mark.parametrize(
    ("segment", "pictures"), [("f=webp", range(1, 6)), ("f=webp,frame=3", range(4, 5)), ("f=jpeg", range(1))]
)
def test_the_default_image_of_an_apng_is_shown_only_by_stills(segment: str, pictures: range) -> None:
    assert plan(replace(ANIMATION, hidden=1), parse_transform(segment), LIMITS).pictures == pictures


def test_a_missing_frame_and_a_crop_outside_are_malformed() -> None:
    with pytest.raises(MalformedTransform, match="the original has 5 frames"):
        plan(ANIMATION, Transform(frame=5), LIMITS)
    with pytest.raises(MalformedTransform, match="outside"):
        plan(PHOTO, parse_transform("crop=1600:0:9:9"), LIMITS)


@pytest.mark.parametrize("segment", ["8000x8000,fit=fill", "8000x8000,fit=fill,rotate=3"])
def test_results_beyond_the_limits_are_refused(segment: str) -> None:
    with pytest.raises(TooLarge):
        plan(PHOTO, parse_transform(segment), LIMITS)


def test_all_frames_of_a_result_count() -> None:
    limits = Limits(max_output_pixels=5 * 1600 * 800 - 1)

    assert plan(ANIMATION, Transform(format="jpeg"), limits).framing.layout.outer == (1600, 800)
    with pytest.raises(TooLarge, match="5 frames"):
        plan(ANIMATION, Transform(format="webp"), limits)


def test_trimming_plans_twice() -> None:
    transform = parse_transform("trim=9,fit=upscale,400x")
    region = (100, 0, 900, 800)

    first = plan(PHOTO, transform, LIMITS)
    second = plan(PHOTO, transform, LIMITS, region)

    assert (first.reduction, second.reduction) == (None, None), "the pixels that were measured are decoded already"
    assert first.framing.stored_region == (0, 0, 1600, 800)
    assert second.framing.stored_region == region
    assert second.framing.layout.outer == (400, 400)


def test_only_the_trimmed_size_is_checked_against_the_limits() -> None:
    limits = Limits(max_output_pixels=1000)
    transform = parse_transform("trim=9")

    plan(PHOTO, transform, limits)
    plan(PHOTO, transform, limits, (0, 0, 30, 30))
    with pytest.raises(TooLarge):
        plan(PHOTO, transform, limits, (0, 0, 1600, 800))


def test_only_a_crop_is_placed_by_the_pixels() -> None:
    assert plan(PHOTO, parse_transform("100x100,fit=cover,g=auto"), LIMITS).finds_focus
    assert not plan(PHOTO, parse_transform("100x100,fit=pad,g=auto"), LIMITS).finds_focus


def test_a_box_is_inside_of_the_reduced_pixels() -> None:
    assert reduce_box((2, 4, 17, 9), (2, 2), (9, 5)) == (1, 2, 8.5, 4.5)
    assert reduce_box((0, 0, 17, 9), (8, 8), (2, 1)) == (0, 0, 2, 1)
