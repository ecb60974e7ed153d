"""No attempt at a call begins that might outlast the invocation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from cfnlint.decode.cfn_yaml import load

from cloud import clients, deadline, objects
from world import DESTINATION, Context, World

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

TEMPLATE = Path(__file__).parents[2] / "template.yaml"


def seconds_left(seconds: float) -> AbstractContextManager[None]:
    return deadline.limited_to(Context(remaining_milliseconds=int((seconds + deadline.MARGIN) * 1000)))  # type: ignore[arg-type]


def client_error(status: int, code: str) -> ClientError:
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "GetObject")  # type: ignore[typeddict-item]


def test_a_call_is_sent_while_there_is_time_for_an_attempt(world: World) -> None:
    assert world.listing() == []
    with seconds_left(clients.CONNECT_TIMEOUT + clients.READ_TIMEOUT + 1):
        assert objects.head(DESTINATION, "a.png") is None


def test_a_deadline_ends_with_its_invocation() -> None:
    def fail() -> None:
        assert 4 < deadline.left() <= 5
        raise ValueError("a bug")

    with pytest.raises(ValueError, match="a bug"), seconds_left(5):
        fail()
    assert deadline.left() == float("inf")


def test_a_call_is_not_sent_when_an_attempt_might_outlast_the_invocation(world: World) -> None:
    world.s3.put_object(Bucket=DESTINATION, Key="a.png", Body=b"old")
    written = objects.Written(metadata={}, kind="derivative", cache_control="public", headers={})
    with seconds_left(clients.CONNECT_TIMEOUT + clients.READ_TIMEOUT - 1), pytest.raises(deadline.OutOfTime):
        objects.put(DESTINATION, "a.png", b"new", written, None)
    assert world.s3.get_object(Bucket=DESTINATION, Key="a.png")["Body"].read() == b"old"


@pytest.mark.usefixtures("own_clients")
def test_a_call_that_got_no_answer_is_not_repeated_when_time_is_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = []

    def lose(request: Any, **_: Any) -> None:
        sent.append(request)
        if len(sent) == 1:
            monkeypatch.setattr(deadline, "left", lambda: 1.0)
            raise ReadTimeoutError(endpoint_url="https://s3.example")

    assert world.listing() == []
    clients.s3().meta.events.register_first("before-send", lose)
    with seconds_left(20), pytest.raises(deadline.OutOfTime):
        objects.head(DESTINATION, "a.png")
    assert len(sent) == 2


@pytest.mark.parametrize(
    ("error", "transient"),
    [
        (client_error(503, "SlowDown"), True),
        (client_error(500, "InternalError"), True),
        (client_error(400, "ProvisionedThroughputExceededException"), True),
        (client_error(403, "AccessDenied"), False),
        (ReadTimeoutError(endpoint_url="https://s3.example"), True),
        (deadline.OutOfTime(left=1.0, needed=8.0), True),
        (ValueError(), False),
    ],
)
def test_transient_errors_are_distinguished_from_bugs(error: Exception, transient: bool) -> None:  # noqa: FBT001 (a table)
    assert clients.is_transient(error) is transient


RESIZE = (clients.s3, clients.dynamodb, clients.cloudfront_best_effort)
COPY = (clients.s3, clients.s3_copies, clients.dynamodb, clients.cloudfront, clients.sqs)


@pytest.mark.parametrize(("function", "used"), [("ResizeFunction", RESIZE), ("CopyFunction", COPY)])
def test_all_attempts_at_a_call_fit_into_the_function(
    world: World, function: str, used: tuple[Callable[[], Any], ...]
) -> None:
    assert world.listing() == []
    time_out = load(str(TEMPLATE))["Resources"][function]["Properties"]["Timeout"]
    for client in used:
        config = client().meta.config
        attempts = config.retries["total_max_attempts"]
        pauses = [2**number for number in range(attempts - 1)]
        assert attempts * (config.connect_timeout + config.read_timeout) + sum(pauses) < time_out
        assert max(pauses, default=0) < deadline.MARGIN, "a pause ends before the function does"


def test_the_templates_arithmetic_is_that_of_the_code() -> None:
    text = " ".join(TEMPLATE.read_text().replace("# ", "").split())
    resources = load(str(TEMPLATE))["Resources"]
    margin, attempt = int(deadline.MARGIN), clients.CONNECT_TIMEOUT + clients.READ_TIMEOUT
    copy, resize = (resources[f"{name}Function"]["Properties"]["Timeout"] - margin for name in ("Copy", "Resize"))
    left = copy - clients.COPY_ATTEMPT
    batch = f"{clients.COPY_ATTEMPT} s for the longest copy, {left} s in which another key of the batch may begin"
    assert f"{batch}, and {margin} s margin" in text
    begun = (
        f"a call ({attempt} s for S3 and CloudFront, 5 s for the table) is only begun if it can end within the first"
    )
    assert f"{margin} s are margin: {begun} {resize} s" in text
    assert f"an image that takes up to {resize - attempt} s to render can still be stored" in text


def test_reserved_time_is_not_available_earlier(world: World) -> None:
    assert world.listing() == []
    with seconds_left(clients.CONNECT_TIMEOUT + clients.READ_TIMEOUT + 1):
        with pytest.raises(deadline.OutOfTime), deadline.reserved(2):
            objects.head(DESTINATION, "a.png")
        assert objects.head(DESTINATION, "a.png") is None
