"""Error pages and redirects of S3's website endpoint."""

from __future__ import annotations

import html
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from aiohttp import web

if TYPE_CHECKING:
    from local.website.routing_rules import Redirect

NO_BUCKET: Final = ("NoSuchBucket", "The specified bucket does not exist")
NO_WEBSITE: Final = (
    "NoSuchWebsiteConfiguration",
    "The specified bucket does not have a website configuration",
)

_ERRORS: Final = {
    400: ("InvalidURI", "Couldn't parse the specified URI."),
    403: ("AccessDenied", "Access Denied"),
    404: ("NoSuchKey", "The specified key does not exist."),
    405: ("MethodNotAllowed", "The specified method is not allowed against this resource."),
    412: ("PreconditionFailed", "At least one of the pre-conditions you specified did not hold"),
    414: ("RequestURITooLong", "The URI provided was too long."),
    416: ("InvalidRange", "The requested range is not satisfiable"),
    503: ("ServiceUnavailable", "The emulator's S3 can't be reached."),
}


def redirect_page(redirect: Redirect) -> web.Response:
    """Return a redirect, which a website endpoint sends without `Cache-Control`."""
    return web.Response(status=redirect.status, headers={"Location": redirect.location, "Server": "AmazonS3"})


def error_page(status: int, key: str = "", error: tuple[str, str] | None = None) -> web.Response:
    """Return S3's error page with code, message and key."""
    code, message = error or _ERRORS.get(status, ("InternalError", "We encountered an internal error."))
    title = f"{status} {HTTPStatus(status).phrase}"
    lines = [f"Code: {code}", f"Message: {message}", *([f"Key: {key}"] if key else [])]
    listed = "".join(f"<li>{html.escape(line)}</li>\n" for line in lines)
    page = (
        f"<html>\n<head><title>{title}</title></head>\n"
        f"<body>\n<h1>{title}</h1>\n<ul>\n{listed}</ul>\n</body>\n</html>\n"
    )
    headers = {"Content-Type": "text/html; charset=utf-8", "Server": "AmazonS3", "x-amz-error-code": code}
    return web.Response(status=status, headers=headers, body=page.encode())
