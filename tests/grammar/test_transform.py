from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from grammar.errors import MalformedTransform
from grammar.options import TABLE
from grammar.syntax import write
from grammar.transform import MAX_BYTES, Transform, looks_like_transform, parse_transform
from spellings import parts, transforms


@pytest.mark.parametrize(
    ("spelling", "canonical"),
    [
        ("300x200", "300x200"),
        ("300x", "300x"),
        ("x200", "x200"),
        ("w=300,h=200", "300x200"),
        ("300x,h=200", "300x200"),
        ("300x,x200", "300x200"),
        ("height=200,width=300", "300x200"),
        ("fit=cover,300x200", "300x200,fit=cover"),
        ("300x200,fit=contain", "300x200"),
        ("300x,fit=cover", "300x"),
        ("300x200,g=north", "300x200"),
        ("300x200,fit=fill,g=north", "300x200,fit=fill"),
        ("300x200,gravity=north,fit=cover", "300x200,fit=cover,g=north"),
        ("300x200,gravity=center,fit=pad", "300x200,fit=pad"),
        ("format=jpg,quality=80,300x", "300x,q=80,f=jpeg"),
        ("f=auto", "f=auto"),
        ("300x200,fit=cover,g=0.250:1.0", "300x200,fit=cover,g=0.25:1"),
        ("300x200,g=0.25:1", "300x200"),
        ("300x,fit=upscale", "300x,fit=upscale"),
        ("fit=upscale", "dpr=1"),
        ("aspect=32:18,300x", "300x,ar=16:9"),
        ("ar=16:9,300x200", "300x200"),
        ("ar=16:9,x200,fit=cover", "x200,ar=16:9,fit=cover"),
        ("ar=16:9,fit=pad", "ar=16:9,fit=pad"),
        ("ar=16:9,fit=upscale", "dpr=1"),
        ("crop=0:10:200:100,300x", "300x,crop=0:10:200:100"),
        ("crop=0.10:0.0000:1.0:0.5", "crop=0.1:0.0:1.0:0.5"),
        ("rotate=90.0", "rotate=90"),
        ("rotate=0.0", "dpr=1"),
        ("rotate=-90", "rotate=270"),
        ("rotate=360", "dpr=1"),
        ("300x,gray", "300x,gray=true"),
        ("lossless,300x,animate", "300x,lossless=true"),
        ("300x200,fit=Crop,g=LEFT,f=JPEG,bg=Red", "300x200,fit=cover,g=west,bg=ff0000,f=jpeg"),
        ("300x200,fit=scale-down", "300x200"),
        ("flip=vh", "flip=hv"),
        ("orient=auto", "dpr=1"),
        ("300x,dpr=2.50", "300x,dpr=2.5"),
        ("300x,dpr=2.0", "300x,dpr=2"),
        ("300x,dpr=1.00", "300x"),
        ("300x,dpr=1.05", "300x,dpr=1.05"),
        ("dpr=2,f=png", "f=png"),
        ("bg=ABC", "bg=aabbcc"),
        ("bg=abcf", "bg=aabbcc"),
        ("background=abcd", "bg=aabbccdd"),
        ("bg=AABBCCFF", "bg=aabbcc"),
        ("v=1.2_a-Z", "v=1.2_a-Z"),
        ("signature=Ab-_,300x,v=1", "300x,v=1,s=Ab-_"),
        ("dpr=1,s=Ab", "s=Ab"),
        ("300x,f=json,s=Ab", "f=json,s=Ab"),
        ("watermark=logo.png,wm_gravity=southeast,wm_opacity=0.50", "wm=logo.png,wm_opacity=0.5"),
        ("wm=a,wm_tile=true,wm_g=north", "wm=a,wm_tile=true"),
        ("wm_scale=0.3,wm_tile=true,300x", "300x"),
        ("text=SGk,text_g=0.50:1,text_size=0.0600,text_color=FFF", "text=SGk,text_g=0.5:1"),
        ("text_size=20,text_margin=0", "dpr=1"),
        ("f=json,text=SGk,wm=a", "f=json"),
        ("fit=contain", "dpr=1"),
        ("dpr=3", "dpr=1"),
        ("dpr=1", "dpr=1"),
    ],
)
def test_every_spelling_has_one_canonical_form(spelling: str, canonical: str) -> None:
    assert parse_transform(spelling).canonical == canonical


@pytest.mark.parametrize(
    ("segment", "part"),
    [
        ("x", "x"),
        ("", ""),
        ("300x200,", ""),
        (",300x200", ""),
        ("300x200,,q=1", ""),
        ("0x200", "0x200"),
        ("0300x", "0300x"),
        ("16384x", "16384x"),
        ("300X200", "300X200"),
        ("+300x", "+300x"),
        ("300x200x100", "300x200x100"),
        ("300x200,w=300", "w=300"),
        ("300x,400x", "400x"),
        ("q=80,quality=80", "quality=80"),
        ("q=0", "q=0"),
        ("q=101", "q=101"),
        ("q=", "q="),
        ("q=8=0", "q=8=0"),
        ("q= 80", "q= 80"),
        ("q=80\n", "q=80?"),
        ("=80", "=80"),
        ("fit", "fit"),
        ("fit=inside", "fit=inside"),
        ("g=northnorth", "g=northnorth"),
        ("f=tiff", "f=tiff"),
        ("dpr=0.5", "dpr=0.5"),
        ("dpr=4.01", "dpr=4.01"),
        ("dpr=2.", "dpr=2."),
        ("dpr=1.005", "dpr=1.005"),
        ("bg=12345", "bg=12345"),
        ("bg=#fff", "bg=#fff"),
        ("v=" + "1" * 41, "v=" + "1" * 38 + "..."),
        ("g=0.5:0.5000", "g=0.5:0.5000"),
        ("g=1:1.1", "g=1:1.1"),
        ("ar=16:0", "ar=16:0"),
        ("ar=1.5:1", "ar=1.5:1"),
        ("crop=0:0:0:1", "crop=0:0:0:1"),
        ("crop=0.5:0.5:100:100", "crop=0.5:0.5:100:100"),
        ("crop=1:2:3", "crop=1:2:3"),
        ("rotate=-360.1", "rotate=-360.1"),
        ("gray", "gray"),
        ("300x,gray,gray=true", "gray=true"),
        ("300x,quality", "quality"),
        ("300x,gray=", "gray="),
        ("wm=.hidden", "wm=.hidden"),
        ("wm=..", "wm=.."),
        ("wm=a/b", "wm=a/b"),
        ("wm=" + "a" * 65, "wm=" + "a" * 37 + "..."),
        ("wm=a,wm_opacity=0", "wm_opacity=0"),
        ("wm=a,wm_g=auto", "wm_g=auto"),
        ("text=", "text="),
        ("text=SGk=", "text=SGk="),
        ("text=SGl", "text=SGl"),
        ("text=SGkh1", "text=SGkh1"),
        ("text=a+/b", "text=a+/b"),
        ("text=" + "SGkh" * 26, "text=" + ("SGkh" * 26)[:35] + "..."),
        ("wat=3", "wat=3"),
        ("s=", "s="),
        ("s=ab+c", "s=ab+c"),
        ("s=abc=", "s=abc="),
        ("s=" + "a" * 65, "s=" + "a" * 38 + "..."),
        ("s=a,s=b", "s=b"),
        ("3\N{ARABIC-INDIC DIGIT ONE}x", "3?x"),
    ],
)
def test_a_malformed_transform_names_the_offending_part(segment: str, part: str) -> None:
    with pytest.raises(MalformedTransform) as caught:
        parse_transform(segment)

    assert caught.value.part == part
    assert caught.value.detail.startswith(f"'{part}': ")


def test_a_transform_of_more_than_200_bytes_is_malformed() -> None:
    with pytest.raises(MalformedTransform, match="longer than 200 bytes"):
        parse_transform("v=" + "1" * (MAX_BYTES - 1))


@given(st.one_of(st.text(), st.text("0123456789xwhqfgv=,.dprbgitcover", max_size=30)))
@example("\ud800x")
@example("9" * 5000 + "x")
def test_any_text_is_a_transform_or_malformed(text: str) -> None:
    try:
        transform = parse_transform(text)
    except MalformedTransform as error:
        assert error.detail.isprintable()  # noqa: PT017 - either outcome is right
    else:
        assert looks_like_transform(text)
        assert parse_transform(transform.canonical) == transform


@given(transforms)
def test_the_canonical_form_is_idempotent(transform: Transform) -> None:
    parsed = parse_transform(transform.canonical)

    assert parsed.canonical == transform.canonical
    assert parse_transform(parsed.canonical) == parsed
    assert len(transform.canonical) <= MAX_BYTES
    assert looks_like_transform(transform.canonical)


@given(transforms, transforms)
def test_a_replaced_transform_has_a_canonical_form_of_its_own(transform: Transform, other: Transform) -> None:
    changed = replace(transform, **{option.name: getattr(other, option.name) for option in TABLE})

    assert (changed, changed.canonical) == (other, other.canonical)
    assert replace(transform) == transform
    assert ",v=" not in f",{replace(transform, version=None).canonical}"
    with pytest.raises(ValueError, match="canonical"):
        replace(transform, canonical="300x")
    with pytest.raises(TypeError, match="canonical"):
        Transform(canonical="300x")  # type: ignore[call-arg] # that it can't be given is the test


@pytest.mark.parametrize(
    ("transform", "canonical"),
    [
        (Transform(), "dpr=1"),
        (Transform(height=200, dpr=Decimal("2.5")), "x200,dpr=2.5"),
        (Transform(fit="cover", gravity="north", dpr=Decimal(2)), "dpr=1"),
        (Transform(crop=(0, 0, 1, 1), frame=0, animate=False), "crop=0:0:1:1,frame=0"),
        (Transform(gray=True, saturation=Decimal(2)), "gray=true"),
        (Transform(width=300, blur=Decimal(2), format="json", signature="a"), "f=json,s=a"),
    ],
)
def test_options_without_effect_are_not_written(transform: Transform, canonical: str) -> None:
    assert transform.canonical == canonical


def test_a_crop_in_pixels_is_not_the_same_as_one_in_fractions() -> None:
    assert parse_transform("crop=0:0:1:1") != parse_transform("crop=0.0:0.0:1.0:1.0")


@given(transforms, st.data())
def test_order_and_length_of_names_make_no_difference(transform: Transform, data: st.DataObject) -> None:
    spelled = [
        f"{data.draw(st.sampled_from([option.name, option.alias]))}={write(getattr(transform, option.name))}"
        for option in TABLE
        if getattr(transform, option.name) is not None and write(getattr(transform, option.name)) != option.default
    ]
    assume(len(",".join(spelled)) <= MAX_BYTES)

    shuffled = ",".join(data.draw(st.permutations(spelled))) or "dpr=1"
    assert parse_transform(shuffled).canonical == transform.canonical


@given(parts())
def test_everything_that_the_table_allows_parses_unless_it_is_too_long(spelled: list[str]) -> None:
    try:
        transform = parse_transform(",".join(spelled) or "dpr=1")
    except MalformedTransform as error:
        assert "longer than 200 bytes" in error.detail  # noqa: PT017 - either outcome is right
    else:
        assert parse_transform(transform.canonical) == transform


@pytest.mark.parametrize("segment", ["300x200", "1x", "x1", "q=1", "a=b", ",", "0x0", "fit=", "caf\xe9,"])
def test_a_segment_that_is_meant_as_a_transform_is_recognised(segment: str) -> None:
    assert looks_like_transform(segment)


@pytest.mark.parametrize(
    "segment", ["", "x", "photos", "300", "ax1", "1X2", "\N{ARABIC-INDIC DIGIT ONE}x", "index.html"]
)
def test_other_segments_are_not_transforms(segment: str) -> None:
    assert not looks_like_transform(segment)


PRESETS = {"thumb": "90x90,fit=cover", "nested": "preset=thumb", "broken": "w=0"}


@pytest.mark.parametrize(
    ("spelling", "canonical"),
    [
        ("preset=thumb", "90x90,fit=cover"),
        ("preset=thumb,w=300", "300x90,fit=cover"),
        ("fit=pad,preset=thumb,f=webp", "90x90,fit=pad,f=webp"),
        ("preset=thumb,f=json", "f=json"),
    ],
)
def test_a_preset_is_replaced_by_its_options_and_the_url_overrides_them(spelling: str, canonical: str) -> None:
    assert parse_transform(spelling, PRESETS).canonical == canonical


@pytest.mark.parametrize(
    ("spelling", "reason"),
    [
        ("preset=hero", "'preset=hero': unknown preset (this deployment has: broken, nested, thumb)"),
        ("preset=thump", "(this deployment has: broken, nested, thumb); did you mean 'thumb'?"),
        ("preset=", "unknown preset (this deployment has: broken, nested, thumb)"),
        ("preset=thumb,preset=thumb", "only one preset is allowed"),
        ("preset=nested", "a preset is not allowed here"),
        ("preset=broken", "'w=0': width must be 1 to 16383"),
    ],
)
def test_a_wrong_preset_is_malformed(spelling: str, reason: str) -> None:
    with pytest.raises(MalformedTransform, match=re.escape(reason)):
        parse_transform(spelling, PRESETS)


def test_an_unknown_preset_is_reported_without_presets() -> None:
    with pytest.raises(MalformedTransform, match=r"'preset=hero': unknown preset \(this deployment has: none\)"):
        parse_transform("preset=hero", {})


@pytest.mark.parametrize(("spelling", "canonical"), [("300x,f=json,q=3", "f=json"), ("v=1,f=json", "f=json,v=1")])
def test_a_description_is_of_the_original(spelling: str, canonical: str) -> None:
    assert parse_transform(spelling).canonical == canonical
