"""Sets the properties that the emulator's CloudFormation drops, through the APIs of its services."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from local.emulator.template import resolve

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.emulator.process import Emulator

Properties = dict[str, Any]
Resolved = Callable[[Any], Any]
"""Returns a property's value with references and conditions resolved."""


def set_omissions(emulator: Emulator, template: Mapping[str, Any], references: Mapping[str, str]) -> None:
    """Set them for every resource; `references` has the values of parameters and the physical ids of resources."""
    conditions = template.get("Conditions", {})

    def resolved(value: Any) -> Any:  # noqa: ANN401 - any JSON
        return resolve(value, references, conditions)

    for name, resource in template["Resources"].items():
        setter = _SETTERS.get(resource["Type"])
        if setter and name in references:  # else its condition is false
            setter(emulator, references[name], resource.get("Properties", {}), resolved)


def _set_table(emulator: Emulator, name: str, properties: Properties, resolved: Resolved) -> None:
    client = emulator.client("dynamodb")
    if "TimeToLiveSpecification" in properties:
        specification = resolved(properties["TimeToLiveSpecification"])
        client.update_time_to_live(TableName=name, TimeToLiveSpecification=specification)
    if "PointInTimeRecoverySpecification" in properties:
        specification = resolved(properties["PointInTimeRecoverySpecification"])
        client.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification=specification)


def _set_bucket(emulator: Emulator, name: str, properties: Properties, resolved: Resolved) -> None:
    if "LifecycleConfiguration" in properties:
        rules = resolved(properties["LifecycleConfiguration"]["Rules"])
        configuration = {"Rules": [translate_rule(rule) for rule in rules]}
        emulator.client("s3").put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration=configuration)


def _set_function(emulator: Emulator, name: str, properties: Properties, resolved: Resolved) -> None:
    if "ReservedConcurrentExecutions" in properties:
        reserved = resolved({"count": properties["ReservedConcurrentExecutions"]})
        if "count" not in reserved:
            return
        count = int(reserved["count"])
        emulator.client("lambda").put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=count)


def _set_api(emulator: Emulator, name: str, properties: Properties, resolved: Resolved) -> None:
    client = emulator.client("apigateway")
    if "x-amazon-apigateway-policy" in properties.get("Body", {}):
        policy = json.dumps(resolved(properties["Body"]["x-amazon-apigateway-policy"]))
        operation = {"op": "replace", "path": "/policy", "value": policy}
        client.update_rest_api(restApiId=name, patchOperations=[operation])
    responses = properties.get("Body", {}).get("x-amazon-apigateway-gateway-responses", {})
    for kind, response in resolved(responses).items():
        status = {"statusCode": str(response["statusCode"])} if "statusCode" in response else {}
        client.put_gateway_response(
            restApiId=name,
            responseType=kind,
            responseParameters=response.get("responseParameters", {}),
            responseTemplates=response.get("responseTemplates", {}),
            **status,
        )


def translate_rule(rule: Properties) -> Properties:
    """Convert a lifecycle rule of CloudFormation to one of S3. Raises ValueError for an unsupported property."""
    same = ("Status", "AbortIncompleteMultipartUpload")
    others = {"ExpirationInDays", "ExpiredObjectDeleteMarker", "NoncurrentVersionExpiration"}
    unknown = set(rule) - {"Id", "Prefix", "TagFilters", *others, *same}
    if unknown:
        raise ValueError(f"lifecycle rule {rule.get('Id')}: {', '.join(sorted(unknown))} is not supported")
    translated: Properties = {name: rule[name] for name in same if name in rule}
    if "Id" in rule:
        translated["ID"] = rule["Id"]
    if "ExpirationInDays" in rule:
        translated["Expiration"] = {"Days": int(rule["ExpirationInDays"])}
    if "ExpiredObjectDeleteMarker" in rule:
        translated["Expiration"] = {"ExpiredObjectDeleteMarker": rule["ExpiredObjectDeleteMarker"]}
    if "NoncurrentVersionExpiration" in rule:
        numbers = {name: int(value) for name, value in rule["NoncurrentVersionExpiration"].items()}
        translated["NoncurrentVersionExpiration"] = numbers
    prefix = {"Prefix": rule["Prefix"]} if "Prefix" in rule else {}
    tags = rule.get("TagFilters", [])
    if len(prefix) + len(tags) > 1:
        return {**translated, "Filter": {"And": {**prefix, "Tags": tags}}}
    return {**translated, "Filter": {"Tag": tags[0]} if tags else prefix or {"Prefix": ""}}


_SETTERS = {
    "AWS::DynamoDB::Table": _set_table,
    "AWS::S3::Bucket": _set_bucket,
    "AWS::Lambda::Function": _set_function,
    "AWS::ApiGateway::RestApi": _set_api,
}
