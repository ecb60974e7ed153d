"""A deployed REST API: routes, integrations and gateway responses.

The emulator's own execution can't replace this package: it decodes paths and collapses slashes, denies what a policy
allows by `aws:Referer`, ignores integration time-outs, and returns a failed function's error to the viewer.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from local.apigateway.resource_policy import ResourcePolicy, read_policy
from local.apigateway.throttle import Throttle, read_throttle

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Integration:
    """A proxy integration: the function's qualified ARN, the time-out in seconds, and API Gateway's permission."""

    function: str
    timeout: float
    permitted: bool = True


@dataclass(frozen=True, slots=True)
class Resource:
    """A path of the API, such as `/resize/{path+}`, and its integrations by HTTP method (or `ANY`)."""

    id: str
    path: str
    methods: Mapping[str, Integration]


@dataclass(frozen=True, slots=True)
class GatewayResponse:
    """An error response of API Gateway itself. `status` 0 keeps the error's status."""

    status: int
    headers: Mapping[str, str]
    template: str = '{"message":$context.error.messageString}'


@dataclass(frozen=True, slots=True)
class Api:
    """A deployed stage. `responses` are the customized ones by type; without a `policy` the API is public."""

    id: str
    stage: str
    region: str
    account: str
    resources: tuple[Resource, ...]
    responses: Mapping[str, GatewayResponse] = field(default_factory=dict)
    policy: ResourcePolicy | None = None
    throttle: Throttle | None = None
    name: str = ""
    """The title of its definition; a dimension of its metrics."""

    @property
    def host(self) -> str:
        """The host name that the distribution uses."""
        return f"{self.id}.execute-api.{self.region}.amazonaws.com"

    def allows(self, method: str, path: str, headers: Mapping[str, str]) -> bool:
        """Tell whether the resource policy allows an anonymous request; names of `headers` are in lower case."""
        arn = f"{_arn(self.region, self.account, self.id)}/{self.stage}/{method}{path}"
        return self.policy is None or self.policy.allows(arn, headers)


def read_api(gateway: Any, functions: Any, api: str, stage: str) -> Api:  # noqa: ANN401 - boto3 clients of apigateway and lambda
    """Read a stage of an API. Raises ValueError for features that the local gateway does not implement."""
    region = gateway.meta.region_name
    items = gateway.get_resources(restApiId=api, embed=["methods"], limit=500)["items"]
    account = ""
    resources = []
    for item in items:
        methods = {}
        for method, definition in item.get("resourceMethods", {}).items():
            uri = _require_proxy(item["path"], definition)
            account = uri.split(":")[4]
            source = f"{_arn(region, account, api)}/{stage}/{method}{re.sub('{[^}]*}', '*', item['path'])}"
            seconds = definition["methodIntegration"].get("timeoutInMillis", 29000) / 1000
            methods[method] = Integration(uri, seconds, is_permitted(_read_policy(functions, uri), source))
        if methods:
            resources.append(Resource(item["id"], item["path"], methods))
    described = gateway.get_rest_api(restApiId=api)
    policy = _read_own_policy(described.get("policy"), _arn(region, account, api))
    throttle = read_throttle(gateway.get_stage(restApiId=api, stageName=stage).get("methodSettings", {}))
    responses = _read_responses(gateway, api)
    return Api(api, stage, region, account, tuple(resources), responses, policy, throttle, described["name"])


def _arn(region: str, account: str, api: str) -> str:
    return f"arn:aws:execute-api:{region}:{account}:{api}"


def _read_own_policy(text: str | None, arn: str) -> ResourcePolicy | None:
    """Read the policy that `get_rest_api` returns: JSON with the escaped quotes of a JSON string."""
    return read_policy(json.loads(json.loads(f'"{text}"')), arn) if text else None


def is_permitted(policy: Mapping[str, Any], source: str) -> bool:
    """Tell whether a function's resource policy allows API Gateway to invoke it for a source ARN."""
    for statement in policy.get("Statement", []):
        patterns = [
            pattern
            for operator in ("ArnLike", "ArnEquals", "StringEquals", "StringLike")
            for name, pattern in statement.get("Condition", {}).get(operator, {}).items()
            if name.lower() == "aws:sourcearn"
        ]
        if (
            statement["Effect"] == "Allow"
            and statement["Principal"] in ("*", {"Service": "apigateway.amazonaws.com"})
            and statement["Action"] in ("lambda:InvokeFunction", "lambda:*")
            and all(fnmatchcase(source, pattern) for pattern in patterns)
        ):
            return True
    return False


def _require_proxy(path: str, definition: Mapping[str, Any]) -> str:
    integration = definition.get("methodIntegration", {})
    match = re.search(r":lambda:path/2015-03-31/functions/(arn:[^/]+)/invocations$", integration.get("uri", ""))
    if integration.get("type") != "AWS_PROXY" or not match:
        raise ValueError(f"{path}: only proxy integrations of functions are supported")
    if definition.get("authorizationType", "NONE") != "NONE" or definition.get("apiKeyRequired"):
        raise ValueError(f"{path}: authorizers and API keys are not supported")
    return match[1]


def _read_policy(functions: Any, arn: str) -> dict[str, Any]:  # noqa: ANN401 - boto3's lambda client
    name, _, qualifier = arn.partition(":function:")[2].partition(":")
    try:
        answer = functions.get_policy(FunctionName=name, **({"Qualifier": qualifier} if qualifier else {}))
    except functions.exceptions.ResourceNotFoundException:
        return {}
    policy: dict[str, Any] = json.loads(answer["Policy"])
    return policy


def _read_responses(gateway: Any, api: str) -> dict[str, GatewayResponse]:  # noqa: ANN401 - boto3's apigateway client
    prefix = "gatewayresponse.header."
    responses = {}
    for item in gateway.get_gateway_responses(restApiId=api, limit=500)["items"]:
        if item.get("defaultResponse"):
            continue
        headers = {
            name.removeprefix(prefix): value[1:-1]  # a literal is written in single quotes
            for name, value in item.get("responseParameters", {}).items()
            if name.startswith(prefix) and value.startswith("'") and value.endswith("'")
        }
        template = item.get("responseTemplates", {}).get("application/json", "")
        responses[item["responseType"]] = GatewayResponse(int(item.get("statusCode") or 0), headers, template)
    return responses
