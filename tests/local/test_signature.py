from __future__ import annotations

from local.signature import Signer, is_signed_by, sign

SIGNER = Signer("edge", "secret", "us-east-1")
HOST, TARGET = "photos.s3.us-east-1.amazonaws.com", "/300x200/a%20b%2B%25.jpg"


def test_a_signature_holds_for_its_method_host_path_and_key_only() -> None:
    headers = sign(SIGNER, "GET", HOST, TARGET)
    assert is_signed_by(SIGNER, "GET", HOST, TARGET, headers)
    assert not is_signed_by(SIGNER, "HEAD", HOST, TARGET, headers)
    assert not is_signed_by(SIGNER, "GET", "others.s3.us-east-1.amazonaws.com", TARGET, headers)
    assert not is_signed_by(SIGNER, "GET", HOST, "/300x200/a.jpg", headers)
    assert not is_signed_by(Signer("edge", "other", "us-east-1"), "GET", HOST, TARGET, headers)
    assert not is_signed_by(SIGNER, "GET", HOST, TARGET, headers | {"X-Amz-Date": "20260101T000000Z"})
    assert not is_signed_by(SIGNER, "GET", HOST, TARGET, {})
