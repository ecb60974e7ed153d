"""Deploys the template to the emulator, and reads the deployed resources; nothing here repeats the template."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local.apigateway.api import Api, read_api
from local.cloudfront.distribution import Distribution, items
from local.cloudfront.key_groups import read_key_groups
from local.emulator.omissions import set_omissions
from local.emulator.template import read_handler, read_template
from local.lambdas.function import Credentials, Function
from local.lambdas.poller import EventSource

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from local.emulator.process import Emulator

DEPLOYMENT_LIMIT = 120.0
"""Seconds for the emulator to create the stack; it takes about one."""
ROLE_SECONDS = 43_200
"""Lifetime of a function's credentials: STS's maximum, 12 h."""


class DeploymentError(Exception):
    """The template could not be deployed. The text names the failed resources and the reasons."""


TEMPLATES = "templates"
"""Bucket of the deployed template."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """The deployed stack. `resources` are physical ids by logical id, `functions` are by name."""

    resources: Mapping[str, str]
    outputs: Mapping[str, str]
    functions: Mapping[str, Function]
    api: Api
    distribution: Distribution
    event_source: EventSource
    distribution_arn: str


def deploy(emulator: Emulator, path: Path, stack: str, parameters: Mapping[str, str]) -> Deployment:
    """Deploy the template at `path` as a stack, set the properties that the emulator drops, and read the result.

    Raises DeploymentError.
    """
    formation = emulator.client("cloudformation")
    address = _upload_template(emulator, json.dumps(read_template(path)))
    description = _create_stack(formation, stack, address, parameters)
    processed = formation.get_template(StackName=stack, TemplateStage="Processed")["TemplateBody"]
    template = json.loads(processed) if isinstance(processed, str) else processed
    members = formation.describe_stack_resources(StackName=stack)["StackResources"]
    resources = {member["LogicalResourceId"]: member["PhysicalResourceId"] for member in members}
    settings = {item["ParameterKey"]: item["ParameterValue"] for item in description["Parameters"]}
    # Secrets are returned as asterisks: the given values take precedence.
    set_omissions(emulator, template, {**settings, **parameters, **resources})

    names = {kind: [m["PhysicalResourceId"] for m in members if m["ResourceType"] == kind] for kind in _KINDS}
    stage = names["AWS::ApiGateway::Stage"][0]
    client = emulator.client("lambda")
    return Deployment(
        resources,
        {item["OutputKey"]: item["OutputValue"] for item in description["Outputs"]},
        _read_functions(client, template, resources, path.parent),
        read_api(emulator.client("apigateway"), client, names["AWS::ApiGateway::RestApi"][0], stage),
        _read_distribution(emulator.client("cloudfront"), names["AWS::CloudFront::Distribution"][0]),
        _take_event_source(emulator, names["AWS::Lambda::EventSourceMapping"][0]),
        emulator.client("cloudfront").get_distribution(Id=names["AWS::CloudFront::Distribution"][0])["Distribution"][
            "ARN"
        ],
    )


def assume_role(security: Any, role: str) -> Credentials:  # noqa: ANN401 - boto3's sts client
    """Return credentials of a function's role, as Lambda gives them to its processes."""
    answer = security.assume_role(RoleArn=role, RoleSessionName="lambda", DurationSeconds=ROLE_SECONDS)
    keys = answer["Credentials"]
    return Credentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])


_KINDS = (
    "AWS::ApiGateway::RestApi",
    "AWS::ApiGateway::Stage",
    "AWS::CloudFront::Distribution",
    "AWS::Lambda::EventSourceMapping",
)


def _upload_template(emulator: Emulator, template: str) -> str:
    """Upload the template to a bucket, as `sam deploy` does: CloudFormation accepts 51,200 bytes directly."""
    s3 = emulator.client("s3")
    place = {"CreateBucketConfiguration": {"LocationConstraint": emulator.region}}
    s3.create_bucket(Bucket=TEMPLATES, **({} if emulator.region == "us-east-1" else place))
    s3.put_object(Bucket=TEMPLATES, Key="template.json", Body=template.encode())
    return f"{emulator.url}/{TEMPLATES}/template.json"


def _create_stack(formation: Any, stack: str, template_url: str, parameters: Mapping[str, str]) -> dict[str, Any]:  # noqa: ANN401 - boto3's cloudformation client
    try:
        formation.create_stack(
            StackName=stack,
            TemplateURL=template_url,
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
            Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
        )
    except formation.exceptions.ClientError as error:
        raise DeploymentError(str(error)) from error
    end = time.monotonic() + DEPLOYMENT_LIMIT
    while time.monotonic() < end:
        description: dict[str, Any] = formation.describe_stacks(StackName=stack)["Stacks"][0]
        if description["StackStatus"] == "CREATE_COMPLETE":
            return description
        if not description["StackStatus"].endswith("CREATE_IN_PROGRESS"):
            raise DeploymentError(_find_reason(formation, stack))
        time.sleep(0.05)
    raise DeploymentError(f"The stack was not created within {DEPLOYMENT_LIMIT:.0f} s.")


def _find_reason(formation: Any, stack: str) -> str:  # noqa: ANN401 - boto3's cloudformation client
    events = formation.describe_stack_events(StackName=stack)["StackEvents"]
    failed = [event for event in events if event["ResourceStatus"].endswith("_FAILED")]
    reasons = [f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', '?')}" for event in failed]
    return "\n".join(reasons) or "The stack was rolled back, and no resource states a reason."


def _read_functions(
    client: Any,  # noqa: ANN401 - boto3's lambda client
    template: Mapping[str, Any],
    resources: Mapping[str, str],
    root: Path,
) -> dict[str, Function]:
    functions = {}
    for logical, resource in template["Resources"].items():
        if resource["Type"] != "AWS::Lambda::Function":
            continue
        name = resources[logical]
        alias = client.list_aliases(FunctionName=name)["Aliases"][0]
        configuration = client.get_function_configuration(FunctionName=name, Qualifier=alias["Name"])
        functions[name] = Function(
            name,
            alias["AliasArn"],
            configuration["Role"],
            configuration["Timeout"],
            configuration["MemorySize"],
            configuration.get("Environment", {}).get("Variables", {}),
            configuration.get("LoggingConfig", {}).get("LogGroup", f"/aws/lambda/{name}"),
            resource["Metadata"]["DockerTag"],
            read_handler(resource, root),
            configuration["Version"],
            reserved=client.get_function_concurrency(FunctionName=name).get("ReservedConcurrentExecutions"),
        )
    return functions


def _read_distribution(client: Any, distribution: str) -> Distribution:  # noqa: ANN401 - boto3's cloudfront client
    answer = client.get_distribution(Id=distribution)["Distribution"]
    config = answer["DistributionConfig"]
    behaviours = [config["DefaultCacheBehavior"], *config.get("CacheBehaviors", {}).get("Items", [])]

    def collect(name: str) -> list[str]:
        return sorted({behaviour[name] for behaviour in behaviours if behaviour.get(name)})

    arns = {
        association["FunctionARN"]
        for behaviour in behaviours
        for association in items(behaviour, "FunctionAssociations")
    }
    groups = sorted({group for behaviour in behaviours for group in items(behaviour, "TrustedKeyGroups")})
    return Distribution(
        distribution,
        answer["DomainName"],
        config,
        {id_: client.get_cache_policy(Id=id_)["CachePolicy"]["CachePolicyConfig"] for id_ in collect("CachePolicyId")},
        {
            id_: client.get_origin_request_policy(Id=id_)["OriginRequestPolicy"]["OriginRequestPolicyConfig"]
            for id_ in collect("OriginRequestPolicyId")
        },
        {
            id_: client.get_response_headers_policy(Id=id_)["ResponseHeadersPolicy"]["ResponseHeadersPolicyConfig"]
            for id_ in collect("ResponseHeadersPolicyId")
        },
        {arn: _read_code(client, arn) for arn in sorted(arns)},
        read_key_groups(client, groups),
        {
            id_: client.get_origin_access_control(Id=id_)["OriginAccessControl"]["OriginAccessControlConfig"]
            for id_ in sorted(
                {o["OriginAccessControlId"] for o in items(config, "Origins") if o.get("OriginAccessControlId")}
            )
        },
    )


def _read_code(client: Any, arn: str) -> str:  # noqa: ANN401 - boto3's cloudfront client
    code: bytes = client.get_function(Name=arn.rpartition("/")[2], Stage="LIVE")["FunctionCode"].read()
    return code.decode()


def _take_event_source(emulator: Emulator, mapping: str) -> EventSource:
    """Read the mapping and disable it: the local poller replaces it."""
    client = emulator.client("lambda")
    client.update_event_source_mapping(UUID=mapping, Enabled=False)
    definition = client.get_event_source_mapping(UUID=mapping)
    queues = emulator.client("sqs")
    queue = definition["EventSourceArn"].rpartition(":")[2]
    url = queues.get_queue_url(QueueName=queue)["QueueUrl"]
    queues.purge_queue(QueueUrl=url)  # S3's test events of the deployment
    return EventSource(
        url,
        definition["EventSourceArn"],
        definition["FunctionArn"],
        definition["BatchSize"],
        definition.get("MaximumBatchingWindowInSeconds", 0),
        definition.get("ScalingConfig", {}).get("MaximumConcurrency", 0),
        "ReportBatchItemFailures" in definition.get("FunctionResponseTypes", []),
    )
