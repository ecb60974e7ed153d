from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from imaging.errors import MalformedTransform
from imaging.options import FITS, FORMATS, GRAVITIES, OPTIONS, SIZES
from imaging.transform import MAX_BYTES, Transform, looks_like_transform, parse_transform


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
        ("x", "'x'"),
        ("", "''"),
        ("300x200,", "''"),
        (",300x200", "''"),
        ("300x200,,q=1", "''"),
        ("0x200", "'0x200'"),
        ("0300x", "'0300x'"),
        ("16384x", "'16384x'"),
        ("300X200", "'300X200'"),
        ("+300x", "'+300x'"),
        ("300x200x100", "'300x200x100'"),
        ("300x200,w=300", "'w=300'"),
        ("300x,400x", "'400x'"),
        ("q=80,quality=80", "'quality=80'"),
        ("q=0", "'q=0'"),
        ("q=101", "'q=101'"),
        ("q=", "'q='"),
        ("q=8=0", "'q=8=0'"),
        ("q= 80", "'q= 80'"),
        ("q=80\n", "'q=80?'"),
        ("=80", "'=80'"),
        ("fit", "'fit'"),
        ("fit=inside", "'fit=inside'"),
        ("g=northnorth", "'g=northnorth'"),
        ("f=tiff", "'f=tiff'"),
        ("dpr=0.5", "'dpr=0.5'"),
        ("dpr=4.01", "'dpr=4.01'"),
        ("dpr=2.", "'dpr=2.'"),
        ("dpr=1.005", "'dpr=1.005'"),
        ("bg=12345", "'bg=12345'"),
        ("bg=#fff", "'bg=#fff'"),
        ("v=" + "1" * 41, "'v=" + "1" * 38 + "...'"),
        ("blur=3", "'blur=3'"),
        ("3\N{ARABIC-INDIC DIGIT ONE}x", "'3?x'"),
    ],
)
def test_a_malformed_transform_names_the_offending_part(segment: str, part: str) -> None:
    with pytest.raises(MalformedTransform) as caught:
        parse_transform(segment)

    assert caught.value.part == part


def test_a_transform_of_more_than_200_bytes_is_malformed() -> None:
    with pytest.raises(MalformedTransform, match="at most 200 bytes"):
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


transforms = st.builds(
    Transform,
    width=st.none() | st.integers(1, 16383),
    height=st.none() | st.integers(1, 16383),
    fit=st.sampled_from(FITS),
    gravity=st.sampled_from(GRAVITIES),
    quality=st.none() | st.integers(1, 100),
    format=st.none() | st.sampled_from(FORMATS),
    dpr=st.integers(100, 400),
    background=st.none() | st.text("0123456789abcdef", min_size=6, max_size=6),
    version=st.none() | st.from_regex(r"\A[A-Za-z0-9._-]{1,40}\Z"),
)


@given(transforms)
def test_the_canonical_form_is_idempotent(transform: Transform) -> None:
    parsed = parse_transform(transform.canonical)

    assert parsed.canonical == transform.canonical
    assert parse_transform(parsed.canonical) == parsed
    assert len(transform.canonical) <= MAX_BYTES
    assert looks_like_transform(transform.canonical)


@given(transforms, st.data())
def test_order_and_length_of_names_make_no_difference(transform: Transform, data: st.DataObject) -> None:
    parts = [
        f"{data.draw(st.sampled_from([option.name, option.alias]))}={option.write(getattr(transform, option.name))}"
        for option in (*SIZES, *OPTIONS)
        if getattr(transform, option.name) is not None
    ]

    assert parse_transform(",".join(data.draw(st.permutations(parts)))).canonical == transform.canonical


@pytest.mark.parametrize("segment", ["300x200", "1x", "x1", "q=1", "a=b", ",", "0x0", "fit=", "caf\xe9,"])
def test_what_is_meant_as_a_transform_is_recognised(segment: str) -> None:
    assert looks_like_transform(segment)


@pytest.mark.parametrize(
    "segment", ["", "x", "photos", "300", "ax1", "1X2", "\N{ARABIC-INDIC DIGIT ONE}x", "index.html"]
)
def test_other_segments_are_no_transforms(segment: str) -> None:
    assert not looks_like_transform(segment)


def test_every_option_is_a_field_with_the_same_default() -> None:
    blank = Transform()

    assert {option.name: option.default for option in (*SIZES, *OPTIONS)} == {
        name: getattr(blank, name) for name in Transform.__slots__
    }
