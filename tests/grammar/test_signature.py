"""Signatures are those of OpenSSL (the vectors), and can't be forged."""

from __future__ import annotations

import hmac
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grammar.signature import check_secret, sign, verify

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "docs" / "signature-vectors.json").read_text(encoding="utf-8")
)["vectors"]
OLD, NEW = "o" * 32, "n" * 32


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["transform"])
def test_a_signature_equals_that_of_another_implementation(vector: dict[str, Any]) -> None:
    assert sign(vector["transform"], vector["key"], vector["secret"]) == vector["signature"]
    assert verify([vector["transform"]], vector["key"], vector["signature"], [vector["secret"]])


def test_a_signature_is_valid_for_one_transform_of_one_key() -> None:
    signature = sign("300x200", "a.jpg", NEW)
    assert not verify(["300x201"], "a.jpg", signature, [NEW])
    assert not verify(["300x200"], "b.jpg", signature, [NEW])
    assert not verify([], "a.jpg", signature, [NEW])
    assert not verify(["300x200"], "a.jpg", signature, [])


def test_both_secrets_count_while_they_are_rotated() -> None:
    for secret in (OLD, NEW):
        assert verify(["300x200"], "a.jpg", sign("300x200", "a.jpg", secret), [NEW, OLD])
    assert not verify(["300x200"], "a.jpg", sign("300x200", "a.jpg", OLD), [NEW])


def test_a_signature_of_auto_is_valid_for_the_format_that_the_edge_chooses() -> None:
    signature = sign("300x200,f=auto", "a.jpg", NEW)
    assert verify(["300x200,f=avif", "300x200,f=auto"], "a.jpg", signature, [NEW])
    assert not verify(["300x200,f=avif"], "a.jpg", signature, [NEW])


def test_the_time_does_not_tell_which_secret_or_which_character_was_right(monkeypatch: pytest.MonkeyPatch) -> None:
    compare, compared = hmac.compare_digest, []

    def note(given: str, expected: str) -> bool:
        compared.append(expected)
        return compare(given, expected)

    monkeypatch.setattr(hmac, "compare_digest", note)
    for signature in (sign("1x", "a.jpg", NEW), sign("2x", "a.jpg", OLD), "A" * 43):
        compared.clear()
        verify(["1x", "2x"], "a.jpg", signature, [NEW, OLD])
        assert compared == [sign(text, "a.jpg", secret) for text in ("1x", "2x") for secret in (NEW, OLD)]


@given(st.text(max_size=60))
def test_other_texts_are_not_signatures(text: str) -> None:
    assert not verify(["300x200"], "a.jpg", text, [NEW])


@given(st.integers(0, 42), st.sampled_from("ABab01-_"))
def test_every_character_counts(at: int, other: str) -> None:
    signature = sign("300x200", "a.jpg", NEW)
    changed = signature[:at] + other + signature[at + 1 :]
    assert verify(["300x200"], "a.jpg", changed, [NEW]) == (changed == signature)


@pytest.mark.parametrize("secret", ["", "short", "x" * 31])
def test_a_short_secret_is_refused(secret: str) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        sign("300x200", "a.jpg", secret)
    with pytest.raises(ValueError, match="32 bytes"):
        check_secret(secret)
