"""The resize function's handler: reads an original, transcodes it, stores the derivative, and returns it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from aws_lambda_powertools.logging import correlation_paths

from cloud import clients, deadline
from cloud.cache_control import expiry, for_answer, for_storage
from cloud.telemetry import Stopwatch, count, logger, metrics, request_id
from grammar.errors import MalformedTransform, OriginalNotFound, TranscodingError
from grammar.path import parse_path
from imaging import configure_process
from imaging.errors import Unavailable
from resizer import answer
from resizer.admission import admit
from resizer.allocator import keep_freed_memory
from resizer.derivation import derive
from resizer.fallback import find_fallback
from resizer.settings import Settings

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from grammar.transform import Transform
    from resizer.derivation import Derivative

PREFIX = "/resize/"

configure_process()
keep_freed_memory()
settings = Settings.from_environment()
clients.connect(clients.s3, clients.dynamodb, clients.cloudfront_best_effort)


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_REST, clear_state=True)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> answer.Answer:
    """Answer `GET` and `HEAD /resize/{transform}/{key}`: an image, or problem details. Raises nothing.

    HEAD is answered with the body too: API Gateway computes Content-Length from it, and does not send it.
    """
    count("Requests")
    with deadline.limited_to(context):
        return _respond(event)


def _respond(event: dict[str, Any]) -> answer.Answer:
    path = event.get("path")
    try:
        return _image(event)
    except TranscodingError as error:
        details = {"reason": type(error).__name__, "status": error.status, "detail": error.detail}
        logger.info("request refused", extra=details | {"path": path})
        return _refuse(error)
    except Exception as error:
        if clients.is_transient(error):
            logger.warning("AWS temporarily unavailable", extra={"path": path}, exc_info=True)
            return _refuse(Unavailable("AWS is temporarily unavailable", retry_after=2))
        return _fail(path)


def _refuse(error: TranscodingError) -> answer.Answer:
    count(type(error).__name__)
    return answer.problem(error, request_id())


def _fail(path: object) -> answer.Answer:
    count("Bugs")
    logger.exception("unhandled exception", extra={"path": path})
    return answer.internal_error(request_id())


def _image(event: dict[str, Any]) -> answer.Answer:
    stopwatch = Stopwatch()
    transform, key = parse_path(_decoded(event["path"]), settings.presets, settings.ladder)
    admit(transform, key, settings)
    try:
        derivative = derive(transform, key, settings, stopwatch)
    except OriginalNotFound as error:
        fallback = find_fallback(transform, key, settings, stopwatch)
        if fallback is None or not answer.fits(fallback):
            raise
        logger.info("returned the fallback image", extra={"key": fallback.key, "missing": key})
        count(type(error).__name__)
        return answer.missing(fallback, stopwatch.server_timing)
    stopwatch.publish()
    response = answer.image(derivative, stopwatch.server_timing, _caching(derivative, transform))
    details = {"key": derivative.key, "bytes": len(derivative.body), "times": stopwatch.milliseconds}
    logger.info("returned the image", extra={"step": "12"} | details)
    return response


def _caching(derivative: Derivative, transform: Transform) -> str:
    """Return the Cache-Control of an image that is stored.

    Without redirects the edge caches it under the derivative's own URL, where the stored copy has the same bytes and
    tags: it may be cached as long. With redirects its URL is one that is only visited before the copy is found.
    """
    owners = derivative.owners_cache_control
    if settings.has_redirects or expiry(owners):  # there is no Expires here
        return for_answer(owners, answer.EDGE_SECONDS)
    return for_storage(owners, settings.browser_ttl, settings.edge_ttl, immutable=transform.version is not None)


def _decoded(path: str) -> str:
    """Return the path after the prefix, percent-decoded. Only here: a REST API passes the path on as it arrived."""
    try:
        return unquote(path.removeprefix(PREFIX), errors="strict")
    except UnicodeDecodeError as error:
        raise MalformedTransform(path, "the path is not UTF-8") from error
