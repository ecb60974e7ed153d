"""The roles of continuous delivery against the schemas of CloudFormation's resource providers, which cfn-lint carries.

A schema names the permissions that a provider takes to create, read, update and delete a resource. Each is either
allowed on a resource of that type, or belongs to a property that the template does not use, or is in `OTHERS` with the
reason.
"""

from __future__ import annotations

from collections import defaultdict
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import pytest
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from roles import VALUES, read_roles

from .test_delivery import as_list, statements

if TYPE_CHECKING:
    from collections.abc import Iterator

Needed = set[tuple[str, str]]
"""Types, and permissions that their providers take."""

STACK = VALUES["StackName"]
PLACE = f"{VALUES['AWS::Region']}:{VALUES['AWS::AccountId']}"
API = f"arn:aws:apigateway:{VALUES['AWS::Region']}::/restapis/abc"
CLOUDFRONT = f"arn:aws:cloudfront::{VALUES['AWS::AccountId']}"
BUCKET = f"arn:aws:s3:::{STACK}-destination-{VALUES['AWS::AccountId']}-{VALUES['AWS::Region']}"
ROLE = f"arn:aws:iam::{VALUES['AWS::AccountId']}:role/{STACK}-CopyRole-ABC"
FUNCTION = f"arn:aws:lambda:{PLACE}:function:{STACK}-copy"
SETTINGS = f"arn:aws:appconfig:{PLACE}:application/abc"
GROUP = f"arn:aws:codedeploy:{PLACE}:deploymentgroup:{STACK}-a/b"
ANY = f"arn:aws:any:{PLACE}:that/does/not/exist"
ARNS = {
    "AWS::ApiGateway::Deployment": API,
    "AWS::ApiGateway::RestApi": API,
    "AWS::ApiGateway::Stage": API,
    "AWS::AppConfig::Application": SETTINGS,
    "AWS::AppConfig::ConfigurationProfile": f"{SETTINGS}/configurationprofile/abc",
    "AWS::AppConfig::HostedConfigurationVersion": f"{SETTINGS}/configurationprofile/abc/hostedconfigurationversion/1",
    "AWS::CloudFront::CachePolicy": f"{CLOUDFRONT}:cache-policy/abc",
    "AWS::CloudFront::Distribution": f"{CLOUDFRONT}:distribution/ABC",
    "AWS::CloudFront::Function": f"{CLOUDFRONT}:function/{STACK}-viewer-request",
    "AWS::CloudFront::MonitoringSubscription": f"{CLOUDFRONT}:distribution/ABC",
    "AWS::CloudFront::OriginAccessControl": f"{CLOUDFRONT}:origin-access-control/abc",
    "AWS::CloudFront::ResponseHeadersPolicy": f"{CLOUDFRONT}:response-headers-policy/abc",
    "AWS::CloudWatch::Alarm": f"arn:aws:cloudwatch:{PLACE}:alarm:{STACK}-a",
    "AWS::CloudWatch::Dashboard": f"arn:aws:cloudwatch::{VALUES['AWS::AccountId']}:dashboard/{STACK}-a",
    "AWS::CodeDeploy::Application": f"arn:aws:codedeploy:{PLACE}:application:{STACK}-a",
    "AWS::CodeDeploy::DeploymentGroup": GROUP,
    "AWS::DynamoDB::Table": f"arn:aws:dynamodb:{PLACE}:table/{STACK}-a",
    "AWS::Events::Rule": f"arn:aws:events:{PLACE}:rule/{STACK}-reconcile",
    "AWS::IAM::Role": ROLE,
    "AWS::Lambda::Alias": FUNCTION,
    "AWS::Lambda::EventSourceMapping": f"arn:aws:lambda:{PLACE}:event-source-mapping:abc",
    "AWS::Lambda::Function": FUNCTION,
    "AWS::Lambda::Permission": FUNCTION,
    "AWS::Lambda::Version": FUNCTION,
    "AWS::Logs::LogGroup": f"arn:aws:logs:{PLACE}:log-group:/aws/lambda/{STACK}-copy",
    "AWS::Logs::QueryDefinition": ANY,
    "AWS::S3::Bucket": BUCKET,
    "AWS::S3::BucketPolicy": BUCKET,
    "AWS::SQS::Queue": f"arn:aws:sqs:{PLACE}:{STACK}-a",
    "AWS::SQS::QueuePolicy": f"arn:aws:sqs:{PLACE}:{STACK}-a",
}
"""A resource of each type in use."""

ELSEWHERE = {
    "iam:PassRole": ROLE,
    "codedeploy:CreateDeployment": GROUP,
    "codedeploy:GetDeployment": GROUP,
    "codedeploy:GetDeploymentGroup": GROUP,
    "codedeploy:GetDeploymentConfig": f"arn:aws:codedeploy:{PLACE}:deploymentconfig:CodeDeployDefault.AllAtOnce",
}
"""Permissions on a resource of another type."""

BY_PROPERTY = {
    "AWS::ApiGateway::RestApi": {"BodyS3Location": ["s3:GetObject"]},
    "AWS::CloudFront::Distribution": {
        "ConnectionMode": ["cloudfront:*ConnectionGroup"],
        "VpcOriginConfig": ["cloudfront:GetVpcOrigin"],
        "ContinuousDeploymentPolicyId": ["cloudfront:UpdateDistributionWithStagingConfig"],
    },
    "AWS::CodeDeploy::DeploymentGroup": {"OnPremisesInstanceTagFilters": ["codedeploy:RegisterOnPremisesInstance"]},
    "AWS::DynamoDB::Table": {
        "ContributorInsightsSpecification": ["dynamodb:UpdateContributorInsights"],
        "ImportSourceSpecification": ["dynamodb:*Import*", "logs:*", "s3:*"],
        "KinesisStreamSpecification": ["dynamodb:*KinesisStreamingDestination", "kinesis:*"],
        "ResourcePolicy": ["dynamodb:PutResourcePolicy", "dynamodb:DeleteResourcePolicy"],
        "SSESpecification": ["kms:*"],
    },
    "AWS::ECR::Repository": {
        "EncryptionConfiguration": ["kms:*"],
        "ImageScanningConfiguration": ["ecr:PutImageScanningConfiguration"],
        "ImageTagMutability": ["ecr:PutImageTagMutability"],
        "LifecyclePolicy": ["ecr:DeleteLifecyclePolicy"],
    },
    "AWS::IAM::Role": {
        "Description": ["iam:UpdateRoleDescription"],
        "ManagedPolicyArns": ["iam:AttachRolePolicy", "iam:DetachRolePolicy"],
        "MaxSessionDuration": ["iam:UpdateRole"],
    },
    "AWS::Lambda::Alias": {"ProvisionedConcurrencyConfig": ["lambda:*ProvisionedConcurrencyConfig"]},
    "AWS::Lambda::EventSourceMapping": {"KmsKeyArn": ["kms:*"]},
    "AWS::Lambda::Function": {
        "CapacityProviderConfig": ["lambda:PassCapacityProvider"],
        "CodeSigningConfigArn": ["lambda:*CodeSigningConfig"],
        "FileSystemConfigs": ["elasticfilesystem:*", "s3files:*"],
        "FunctionScalingConfig": ["lambda:PutFunctionScalingConfig"],
        "KmsKeyArn": ["kms:*"],
        "Layers": ["lambda:GetLayerVersion"],
        "RuntimeManagementConfig": ["lambda:PutRuntimeManagementConfig", "lambda:AssociateRuntimeAlias"],
        "S3Bucket": ["s3:*"],
        "VpcConfig": ["ec2:*"],
    },
    "AWS::Lambda::Version": {
        "FunctionScalingConfig": ["lambda:PutFunctionScalingConfig"],
        "ProvisionedConcurrencyConfig": ["lambda:PutProvisionedConcurrencyConfig"],
        "RuntimePolicy": ["lambda:PutRuntimeManagementConfig"],
    },
    "AWS::Logs::LogGroup": {
        "BearerTokenAuthenticationEnabled": ["logs:PutBearerTokenAuthentication"],
        "DataProtectionPolicy": [
            *("logs:PutDataProtectionPolicy", "logs:DeleteDataProtectionPolicy", "logs:CreateLogDelivery"),
            *("s3:REST.PUT.OBJECT", "firehose:TagDeliveryStream"),
        ],
        "DeletionProtectionEnabled": ["logs:PutLogGroupDeletionProtection"],
        "FieldIndexPolicies": ["logs:PutIndexPolicy", "logs:DeleteIndexPolicy"],
        "KmsKeyId": ["logs:*KmsKey"],
        "ResourcePolicyDocument": ["logs:PutResourcePolicy", "logs:DeleteResourcePolicy"],
    },
    "AWS::S3::Bucket": {
        "AbacStatus": ["s3:PutBucketAbac"],
        "AccelerateConfiguration": ["s3:PutAccelerateConfiguration"],
        "AccessControl": ["s3:PutBucketAcl", "s3:PutObjectAcl"],
        "AnalyticsConfigurations": ["s3:PutAnalyticsConfiguration", "s3:DeleteBucketAnalyticsConfiguration"],
        "CorsConfiguration": ["s3:PutBucketCORS", "s3:DeleteBucketCors"],
        "IntelligentTieringConfigurations": ["s3:PutIntelligentTieringConfiguration"],
        "InventoryConfigurations": ["s3:PutInventoryConfiguration"],
        "LoggingConfiguration": ["s3:PutBucketLogging"],
        "MetadataTableConfiguration": ["s3:*BucketMetadata*TableConfiguration", "s3tables:*"],
        "MetricsConfigurations": ["s3:PutMetricsConfiguration", "s3:DeleteBucketMetricsConfiguration"],
        "ObjectLockConfiguration": ["s3:Put*ObjectLockConfiguration"],
        "ReplicationConfiguration": [
            *("s3:PutBucketReplication", "s3:PutReplicationConfiguration", "s3:DeleteBucketReplication"),
        ],
    },
}
"""Permissions that only a property takes which the template does not use."""

OTHERS = {
    "cloudfront:CreateDistributionWithTags": "IAM checks CreateDistribution and TagResource",
    "dynamodb:CreateTableReplica": "tables with replicas",
    "dynamodb:AssociateTableReplica": "tables with replicas",
    "dynamodb:Scan": "tables with replicas",
    "dynamodb:Query": "tables with replicas",
    "dynamodb:GetItem": "tables with replicas",
    "dynamodb:PutItem": "tables with replicas",
    "dynamodb:UpdateItem": "tables with replicas",
    "dynamodb:DeleteItem": "tables with replicas",
    "dynamodb:BatchWriteItem": "tables with replicas",
    "iam:CreateServiceLinkedRole": "tables with replicas, contributor insights or provisioned capacity",
    "iam:DeleteRolePermissionsBoundary": "withheld: no role may lose its boundary",
    "s3:DeleteBucketEncryption": "IAM checks PutEncryptionConfiguration",
    "s3:DeleteBucketLifecycle": "IAM checks PutLifecycleConfiguration",
    "s3:DeleteBucketTagging": "IAM checks PutBucketTagging",
    "s3:DeleteObject": "withheld: CloudFormation empties no bucket",
    "ecr:DeleteRepositoryPolicy": "withheld, as the next",
    "ecr:DeleteRepository": "withheld: a release deletes no image that a roll-back may need",
}
"""Permissions that no role has, and the reason."""


REPOSITORY = {"RepositoryName", "Tags", "RepositoryPolicyText"}
"""The properties of the SAM CLI's repositories, by samcli/lib/bootstrap/companion_stack/companion_stack_builder.py."""


def needed_by(types: set[str]) -> Needed:
    """Return what the providers take; the tags of a stack are those of its resources."""
    found: Needed = set()
    for kind in types:
        schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema
        lists = [schema["handlers"].get(each, {}) for each in ("create", "read", "update", "delete")]
        for each in [*lists, schema.get("tagging", {})]:
            found |= {(kind, permission) for permission in each.get("permissions", [])}
    return found


def names(value: Any) -> Iterator[str]:
    """Yield all names of properties in a value."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield name
            yield from names(item)
    elif isinstance(value, list):
        for item in value:
            yield from names(item)


def is_allowed(allowed: list[dict[str, Any]], action: str, arn: str) -> bool:
    """Say whether a statement allows an action on a resource; IAM's actions have no case."""
    return any(
        any(fnmatchcase(action.lower(), pattern.lower()) for pattern in as_list(statement["Action"]))
        and any(fnmatchcase(arn, pattern) for pattern in as_list(statement["Resource"]))
        for statement in allowed
    )


def reason_of(kind: str, permission: str) -> str:
    """Return the property that takes a permission, or another reason not to give it, or ""."""
    for name, permissions in BY_PROPERTY.get(kind, {}).items():
        if any(fnmatchcase(permission, pattern) for pattern in permissions):
            return name
    return permission if permission in OTHERS else ""


@pytest.fixture(scope="module")
def used(gradual: dict[str, Any]) -> dict[str, set[str]]:
    """The types in use, each with the names of its properties at any depth."""
    found: dict[str, set[str]] = defaultdict(set)
    for resource in gradual["Resources"].values():
        properties = {key: value for key, value in resource.get("Properties", {}).items() if key != "Body"}
        found[resource["Type"]] |= set(names(properties))
    return found


def missing(allowed: list[dict[str, Any]], needed: Needed, arns: dict[str, str]) -> Needed:
    return {
        (kind, permission)
        for kind, permission in needed
        if not is_allowed(allowed, permission, ELSEWHERE.get(permission, arns[kind]))
    }


def test_cloudformation_can_do_what_the_providers_do(used: dict[str, set[str]]) -> None:
    allowed = statements(read_roles()["ExecutionRole"])
    lacking = missing(allowed, needed_by(set(used)), ARNS)
    assert {(kind, each) for kind, each in lacking if not reason_of(kind, each)} == set()


def test_no_property_in_use_takes_a_permission_that_is_left_out(used: dict[str, set[str]]) -> None:
    for kind, properties in BY_PROPERTY.items():
        assert not set(properties) & (used | {"AWS::ECR::Repository": REPOSITORY})[kind], kind


def test_each_exception_is_needed(used: dict[str, set[str]]) -> None:
    every = [*needed_by(set(used)), *needed_by({"AWS::ECR::Repository"})]
    reasons = {(kind, reason_of(kind, permission)) for kind, permission in every}
    assert {(kind, name) for kind, properties in BY_PROPERTY.items() for name in properties} <= reasons
    assert set(OTHERS) <= {reason for _, reason in reasons}


def test_a_missing_permission_is_found() -> None:
    """Each of these was missing once."""
    cases = [
        ("AWS::ApiGateway::RestApi", "apigateway:UpdateRestApiPolicy"),
        ("AWS::CloudFront::Function", "cloudfront:TagResource"),
        ("AWS::S3::Bucket", "s3:TagResource"),
        ("AWS::IAM::Role", "iam:ListRoleTags"),
    ]
    allowed = statements(read_roles()["ExecutionRole"])
    for kind, permission in cases:
        assert (kind, permission) in needed_by({kind})
        without = [item for item in allowed if not is_allowed([item], permission, ARNS[kind])]
        assert (kind, permission) in missing(without, needed_by({kind}), ARNS)


def test_the_deploy_role_can_make_the_repositories_of_images() -> None:
    """The SAM CLI creates them with the caller's permissions, in a stack of their own."""
    arn = f"arn:aws:ecr:{PLACE}:repository/{STACK.replace('-', '')}01234567/copyfunction0repo"
    role = statements(read_roles()["DeployRole"])
    lacking = missing(role, needed_by({"AWS::ECR::Repository"}), {"AWS::ECR::Repository": arn})
    assert {each for _, each in lacking if not reason_of("AWS::ECR::Repository", each)} == set()
