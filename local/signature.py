"""AWS's Signature Version 4 for S3: the edge signs requests with it, and the bucket verifies them."""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

if TYPE_CHECKING:
    from collections.abc import Mapping

_AUTHORIZATION: Final = re.compile(r"AWS4-HMAC-SHA256 Credential=([^/]+)/.*Signature=([0-9a-f]{64})", re.DOTALL)
_SIGNED: Final = ("X-Amz-Date", "X-Amz-Content-SHA256")


@dataclass(frozen=True, slots=True)
class Signer:
    """An access key, with the region for which it signs."""

    key: str
    secret: str = field(repr=False)
    region: str

    @property
    def auth(self) -> S3SigV4Auth:
        """Return botocore's signer."""
        return S3SigV4Auth(Credentials(self.key, self.secret), "s3", self.region)


def sign(signer: Signer, method: str, host: str, target: str) -> dict[str, str]:
    """Return the headers that sign a request without a body; `target` is the raw path and query."""
    request = AWSRequest(method=method, url=f"https://{host}{target}", headers={"Host": host})
    signer.auth.add_auth(request)
    return {name: str(value) for name, value in request.headers.items() if name != "Host"}


def is_signed_by(signer: Signer, method: str, host: str, target: str, headers: Mapping[str, str]) -> bool:
    """Tell whether a request has this signer's signature over its method, host, path, query, date and body hash."""
    match = _AUTHORIZATION.fullmatch(headers.get("Authorization", ""))
    if match is None or match[1] != signer.key or not all(name in headers for name in _SIGNED):
        return False
    signed = {"Host": host} | {name: headers[name] for name in _SIGNED}
    request = AWSRequest(method=method, url=f"https://{host}{target}", headers=signed)
    request.context["timestamp"] = headers["X-Amz-Date"]
    auth = signer.auth
    expected = auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)
    return hmac.compare_digest(expected, match[2])
