from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grammar import errors
from imaging import errors as imaging_errors


@given(st.text())
def test_a_quotation_is_short_and_printable(text: str) -> None:
    piece = errors.shorten(text)

    assert errors.quote(text) == f"'{piece}'"
    assert len(piece) <= 43
    assert piece.isascii()
    assert not piece or piece.isprintable()


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.MalformedTransform("q=0", "quality must be a number"), 400),
        (imaging_errors.NotAllowed("no"), 403),
        (errors.OriginalNotFound("no"), 404),
        (imaging_errors.WatermarkNotFound("logo.png"), 404),
        (imaging_errors.TooLarge("no"), 413),
        (imaging_errors.NotAnImage("no"), 415),
        (imaging_errors.DamagedImage("no"), 422),
        (imaging_errors.UnusableWatermark("logo.png", "no"), 422),
        (imaging_errors.Unavailable("no", retry_after=2), 503),
    ],
)
def test_every_error_has_its_status_and_a_title(error: errors.TranscodingError, status: int) -> None:
    assert error.status == status
    assert error.title
    assert error.detail == str(error)


def test_a_malformed_transform_names_its_part_and_quotes_it_once() -> None:
    error = errors.MalformedTransform("q=\x00" + "0" * 99, "quality must be a number")

    assert error.part == "q=?" + "0" * 37 + "..."
    assert error.detail == f"'{error.part}': quality must be a number"
