"""Access control of the deployed stack, tested over HTTP: API, bucket, originals, limits."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from local.stack import StackOptions
from world import SAMPLES

from .running import Response, Running, ask, start

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.sockets

COFFEE = (SAMPLES / "coffee.png").read_bytes()
SECRET, OTHER = "s" * 32, "o" * 32


@pytest.fixture(scope="module")
def stack() -> Iterator[Running]:
    """A stack that withholds originals, keeps two derivatives of each, and accepts a second secret."""
    parameters = {"OriginSecret": SECRET, "OtherOriginSecret": OTHER, "ServeOriginals": "false"}
    running, stop = start(StackOptions(parameters=parameters | {"MaximumDerivatives": "2"}))
    try:
        yield running
    finally:
        stop()


def problem(answer: Response) -> str:
    """Return the title of the problem details."""
    assert (answer.headers["content-type"], answer.headers["cache-control"]) == ("application/problem+json", "no-store")
    return str(json.loads(answer.body)["title"])


def ask_api(stack: Running, path: str, **headers: str) -> Response:
    """Send a request to the API directly, not through the distribution."""
    return ask(stack.names["api_address"], "/live" + path, Host=stack.names["api_host"], **headers)


def test_the_api_answers_only_the_distribution(stack: Running) -> None:
    stack.upload("around.png", COFFEE)
    assert stack.follow("/30x20/around.png")[-1].status == 200
    for headers in ({}, {"Referer": "https://example.com/"}, {"Referer": ""}, {"Referer": SECRET[1:]}):
        answer = ask_api(stack, "/resize/30x20/around.png", **headers)
        assert (answer.status, problem(answer)) == (403, "Not allowed")
    for secret in (SECRET, OTHER):
        assert ask_api(stack, "/resize/30x20/around.png", Referer=secret).status == 200


def test_a_viewer_cannot_choose_the_referer_that_origins_get(stack: Running) -> None:
    stack.upload("referer.png", COFFEE)
    answers = stack.follow("/30x20/referer.png", Referer="https://example.com/")
    assert [answer.status for answer in answers] == [307, 200]
    assert stack.get("/30x20/referer.png", Referer="https://example.com/").status == 200


def test_the_secret_is_in_no_answer(stack: Running) -> None:
    stack.upload("answers.png", COFFEE)
    answers = [
        *stack.follow("/30x20/answers.png"),
        *stack.follow("/answers.png"),
        *stack.follow("/30x20,q=x/answers.png"),
    ]
    for answer in answers:
        assert SECRET not in f"{answer.headers}"
        assert SECRET.encode() not in answer.body


def test_an_original_is_withheld_and_its_derivatives_are_not(stack: Running) -> None:
    stack.upload("withheld.png", COFFEE)
    for _ in range(2):
        answers = stack.follow("/withheld.png")
        assert [answer.status for answer in answers] == [307, 404], "redirects must end"
        assert COFFEE not in answers[-1].body
    assert [answer.status for answer in stack.follow("/30x20/withheld.png")] == [307, 200]
    assert stack.get("/30x20/withheld.png").status == 200
    assert stack.get("/withheld.png", "HEAD").status == 307
    assert ask(stack.names["aws"], f"/{stack.names['destination_bucket']}/withheld.png", Referer=SECRET).status == 403


def test_a_third_derivative_is_refused_where_two_are_the_maximum(stack: Running) -> None:
    stack.upload("many.png", COFFEE)
    assert [stack.follow(f"/{width}x/many.png")[-1].status for width in (31, 32, 33)] == [200, 200, 403]
    assert problem(stack.follow("/33x/many.png")[-1]) == "Not allowed"
    assert stack.get("/32x/many.png").status == 200


def test_new_images_beyond_the_rate_limit_are_refused(stack: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    stack.upload("often.png", COFFEE)
    assert stack.follow("/30x20/often.png")[-1].status == 200
    throttle = stack.stack.deployment.api.throttle
    monkeypatch.setattr(throttle, "rate", 0)
    monkeypatch.setattr(throttle, "_tokens", 0)
    answer = stack.follow("/31x20/often.png")[-1]
    assert (answer.status, problem(answer), answer.headers["retry-after"]) == (429, "Too many new images at once", "1")
    assert stack.get("/30x20/often.png").status == 200, "stored images are served"
