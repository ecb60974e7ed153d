"""Error responses of S3, its websites, DynamoDB, SQS and CloudFront, each in the protocol of its service.

https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html,
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html,
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html,
https://docs.aws.amazon.com/cloudfront/latest/APIReference/CommonErrors.html
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING

from aiohttp import web

from lab.chaos.outage import Service, service_of
from local.website.pages import error_page
from local.wiring import Connection

if TYPE_CHECKING:
    from collections.abc import Mapping

_DYNAMODB = {
    False: (HTTPStatus.INTERNAL_SERVER_ERROR, "com.amazonaws.dynamodb.v20120810#InternalServerError"),
    True: (HTTPStatus.BAD_REQUEST, "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"),
}
_SQS = {
    False: (HTTPStatus.INTERNAL_SERVER_ERROR, "com.amazonaws.sqs#InternalFailure"),
    True: (HTTPStatus.SERVICE_UNAVAILABLE, "com.amazonaws.sqs#ServiceUnavailable"),
}
_CLOUDFRONT = {
    False: (HTTPStatus.INTERNAL_SERVER_ERROR, "InternalFailure"),
    True: (HTTPStatus.SERVICE_UNAVAILABLE, "ServiceUnavailable"),
}
_S3 = {
    False: (HTTPStatus.INTERNAL_SERVER_ERROR, "InternalError"),
    True: (HTTPStatus.SERVICE_UNAVAILABLE, "SlowDown"),
}
_MESSAGE = "injected"


def error_response(connection: Connection, method: str, headers: Mapping[str, str], *, busy: bool) -> web.Response:
    """Return the response of a service that failed, or that throttles (`busy`)."""
    if connection is Connection.TO_WEBSITE:
        return error_page(_S3[busy][0])
    service = service_of(connection, headers)
    if service is Service.DYNAMODB:
        return _json(*_DYNAMODB[busy], "application/x-amz-json-1.0")
    if service is Service.SQS:
        return _json(*_SQS[busy], "application/x-amz-json-1.0")
    if service is Service.CLOUDFRONT:
        status, code = _CLOUDFRONT[busy]
        body = f"<ErrorResponse><Error><Type>Receiver</Type><Code>{code}</Code><Message>{_MESSAGE}</Message></Error>"
        return _xml(status, f"{body}<RequestId>{_MESSAGE}</RequestId></ErrorResponse>")
    status, code = _S3[busy]
    if "x-amz-copy-source" in headers and not busy:
        status = HTTPStatus.OK  # a copy that failed after it began: CopyObject's documentation, "HTTP status"
    if method == "HEAD":
        return web.Response(status=status)
    return _xml(status, f"<Error><Code>{code}</Code><Message>{_MESSAGE}</Message><RequestId>0</RequestId></Error>")


def _json(status: HTTPStatus, kind: str, content_type: str) -> web.Response:
    body = json.dumps({"__type": kind, "message": _MESSAGE}).encode()
    return web.Response(status=status, body=body, headers={"Content-Type": content_type})


def _xml(status: HTTPStatus, body: str) -> web.Response:
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n{body}'
    return web.Response(status=status, text=text, content_type="application/xml")
