"""What viewers get: Vary for format=auto, and in private deployments `private` and signed redirects.

Each test runs on functions/edge/viewer_response.js and on what is deployed: its minified form in template.yaml.
tests/ops/links/test_private_link.py follows the signed redirects.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import quickjs
from cfnlint.decode.cfn_yaml import load
from hypothesis import given
from hypothesis import strategies as st

ROOT = Path(__file__).parents[2]
HOST = "d1.cloudfront.net"

Respond = Callable[[dict[str, Any], dict[str, str]], dict[str, str]]
"""Takes a request and the headers of a response; returns the headers that the viewer gets."""


def load_function(source: str, groups: str, domain: str) -> Respond:
    context = quickjs.Context()
    context.eval(source.replace("${TrustedKeyGroups}", groups).replace("${DomainName}", domain))
    context.eval("function run(event) { return JSON.stringify(handler(JSON.parse(event))); }")
    run = context.get("run")

    def respond(request: dict[str, Any], headers: dict[str, str]) -> dict[str, str]:
        response = {"statusCode": 200, "headers": {name: {"value": value} for name, value in headers.items()}}
        event = {"request": request, "response": response, "context": {"distributionDomainName": HOST}}
        return {name: item["value"] for name, item in json.loads(run(json.dumps(event)))["headers"].items()}

    return respond


def read_source() -> str:
    return (ROOT / "functions/edge/viewer_response.js").read_text()


@functools.cache
def read_deployed() -> str:
    template = load(str(ROOT / "template.yaml"))
    return str(template["Resources"]["ViewerResponse"]["Properties"]["FunctionCode"]["Fn::Sub"])


@pytest.fixture(scope="module", params=[read_source, read_deployed])
def source(request: pytest.FixtureRequest) -> str:
    return str(request.param())


def request(uri: str = "/30x/a.jpg", follow: str = "", **headers: str) -> dict[str, Any]:
    query = {"follow": {"value": follow}} if follow else {}
    return {"uri": uri, "querystring": query, "headers": {name: {"value": value} for name, value in headers.items()}}


@pytest.mark.parametrize(
    ("sent", "varies"),
    [
        (request("/30x,f=webp/a.jpg", **{"x-format-auto": "1"}), True),
        (request("/30x,f=auto/a.jpg"), True),
        (request("/resize/format%3Dauto,w=3/a.jpg"), True),
        (request("/30x,f=webp/a.jpg"), False),
        (request("/photos/auto.jpg"), False),
    ],
)
def test_a_response_to_auto_varies_by_accept(source: str, sent: dict[str, Any], *, varies: bool) -> None:
    assert load_function(source, "", "")(sent, {}) == ({"vary": "Accept"} if varies else {})


def test_only_a_private_deployment_changes_cache_control_and_redirects(source: str) -> None:
    sent, headers = request(follow="a.b.c"), {"cache-control": "public, max-age=60", "location": "/30x/b.jpg"}
    assert load_function(source, "", "")(sent, headers) == headers
    assert load_function(source, "g1,g2", "")(sent, headers) == {
        "cache-control": "private, max-age=60",
        "location": "/30x/b.jpg?follow=a.b.c&Policy=a&Signature=b&Key-Pair-Id=c",
    }


@pytest.mark.parametrize(
    ("location", "is_signed"),
    [
        (f"https://{HOST}/30x/b.jpg", True),
        ("https://images.example.com/30x/b.jpg", True),
        ("https://elsewhere.example.com/30x/b.jpg", False),
        ("//elsewhere.example.com/30x/b.jpg", False),
        ("http://images.example.com/30x/b.jpg", False),
        ("/30x/%FF.jpg", False),
    ],
)
def test_redirects_are_signed_within_the_distribution_only(source: str, location: str, *, is_signed: bool) -> None:
    respond = load_function(source, "g1", "images.example.com")
    found = respond(request(follow="a.b.c.d"), {"location": location})["location"]
    assert found == location + "?follow=a.b.c.d&Policy=a&Signature=b&Key-Pair-Id=c&Hash-Algorithm=d" * is_signed


_PATHS = st.text("/abx:=,%20fF?#\u00e9", max_size=12)
_LOCATIONS = st.builds(
    "{}{}".format, st.sampled_from(["", "/", f"https://{HOST}/", "https://a.example/", "//"]), _PATHS
)
_FOLLOWS = st.text("aZ9_-~.", max_size=8)


@given(_PATHS, _FOLLOWS, _LOCATIONS, st.sampled_from(["public, max-age=3", "no-store"]), st.sampled_from(["", "g"]))
def test_the_embedded_code_behaves_like_its_source(
    uri: str, follow: str, location: str, cache: str, groups: str
) -> None:
    headers = {"location": location, "cache-control": cache}
    written, deployed = (load_function(read(), groups, "a.example") for read in (read_source, read_deployed))
    assert deployed(request(uri, follow), headers) == written(request(uri, follow), headers)
