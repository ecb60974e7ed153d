"""HTTP requests to the distribution, without following redirects."""

from __future__ import annotations

import http.client
import time
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

TIMEOUT = 60
"""Seconds for one answer: the API's longest, and the edge's attempts to connect."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of the edge; names of headers are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes
    milliseconds: float

    @property
    def cache(self) -> str:
        """Return the first word of X-Cache: Hit, Miss, RefreshHit, Error, FunctionGeneratedResponse."""
        return self.headers.get("x-cache", "").split(" ")[0]

    def describe(self) -> str:
        """Return a summary of the answer."""
        return f"{self.status}, {len(self.body):,} bytes, {self.cache or 'no X-Cache'}, {self.milliseconds:.0f} ms"


def encode(key: str) -> str:
    """Return a key as a browser writes it in a path."""
    return quote(key, safe="/,=")


def ask(edge: str, path: str, method: str = "GET", cookies: str = "") -> Answer:
    """Request a percent-encoded path, without Accept. Raises OSError, with the address, where there is no answer."""
    address = urlsplit(edge)
    kind = http.client.HTTPConnection if address.scheme == "http" else http.client.HTTPSConnection
    connection = kind(address.netloc, timeout=TIMEOUT)
    start = time.perf_counter()
    try:
        headers = {"User-Agent": "cloud-image-transcoder-smoke"} | ({"Cookie": cookies} if cookies else {})
        connection.request(method, path, headers=headers)
        response = connection.getresponse()
        body = response.read()
    except (OSError, http.client.HTTPException) as error:
        raise OSError(f"no answer from {edge}: {error!r}") from error
    finally:
        connection.close()
    answered = {name.lower(): value for name, value in response.getheaders()}
    return Answer(response.status, answered, body, (time.perf_counter() - start) * 1000)
