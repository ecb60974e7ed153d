"""The infrastructure: its order, its names, its permissions."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from lab.chaos.level import CACHED_404_SECONDS
from local.cloudfront.freshness import ERRORS_CACHED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from expansion import Expand

ROOT = Path(__file__).parents[2]

DELIVERIES = ("redirect", "private")
NO_VALUE = {"Ref": "AWS::NoValue"}


def choose(value: Any, delivery: str) -> Any:
    """Resolve the conditions on the parameter Delivery, and no others."""
    if isinstance(value, dict) and set(value) == {"Fn::If"} and value["Fn::If"][0] == "HasPrivateBucket":
        return choose(value["Fn::If"][1 if delivery == "private" else 2], delivery)
    if isinstance(value, dict) and set(value) == {"Fn::If"}:
        return {"Fn::If": [choose(item, delivery) if item != NO_VALUE else item for item in value["Fn::If"]]}
    if isinstance(value, dict):
        items = {name: choose(item, delivery) for name, item in value.items()}
        return {name: item for name, item in items.items() if item != NO_VALUE}
    if isinstance(value, list):
        return [item for item in (choose(item, delivery) for item in value) if item != NO_VALUE]
    return value


def delivered(written: dict[str, Any], delivery: str) -> dict[str, Any]:
    """Return the distribution's configuration for a delivery."""
    config: dict[str, Any] = choose(written["Resources"]["Distribution"]["Properties"]["DistributionConfig"], delivery)
    return config


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for item in value.values():
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)
    elif isinstance(value, str):
        yield value


def references(value: Any) -> Iterator[str]:
    """Yield the logical ids that a value refers to, by Ref, Fn::GetAtt, Fn::Sub or DependsOn."""
    if isinstance(value, list):
        for item in value:
            yield from references(item)
    if not isinstance(value, dict):
        return
    for name, item in value.items():
        if name == "Ref":
            yield item
        elif name == "Fn::GetAtt":
            yield item[0] if isinstance(item, list) else item.split(".")[0]
        elif name == "Fn::Sub":
            text, own = (item, {}) if isinstance(item, str) else item
            yield from (found for found in re.findall(r"\$\{([A-Za-z0-9]+)", text) if found not in own)
            yield from references(own)
        elif name == "DependsOn":
            yield from [item] if isinstance(item, str) else item
        else:
            yield from references(item)


def graph(resources: dict[str, Any]) -> dict[str, set[str]]:
    return {name: set(references(resource)) & set(resources) for name, resource in resources.items()}


def of_type(resources: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    return {name: item["Properties"] for name, item in resources.items() if item["Type"] == kind}


def test_a_reference_points_up_the_file(written: dict[str, Any]) -> None:
    order = {name: position for position, name in enumerate(written["Resources"])}
    # SAM's own names for a function's alias stand for the function.
    names = {f"{name}Aliaslive": name for name in order}
    for name, resource in written["Resources"].items():
        for target in (names.get(reference, reference) for reference in references(resource)):
            assert order.get(target, -1) < order[name], f"{name} refers down to {target}"


def test_the_expanded_template_has_no_cycle(expanded: dict[str, Any]) -> None:
    order = list(TopologicalSorter(graph(expanded["Resources"])).static_order())
    assert len(order) == len(expanded["Resources"]) > 25


@pytest.mark.parametrize("variant", ["expanded", "gradual"])
def test_the_expanded_template_passes_the_linter(request: pytest.FixtureRequest, tmp_path: Path, variant: str) -> None:
    expanded = request.getfixturevalue(variant)
    path = tmp_path / "expanded.json"
    path.write_text(json.dumps(expanded))
    # W1030: an empty default, used under a condition only. W1028: the linter follows conditions that SAM has resolved.
    # W1001: and doesn't know that SAM has dropped or kept what needs one.
    ignored = ("W1030", "W1028", "W1001")
    command = [str(Path(sys.executable).with_name("cfn-lint")), "--ignore-checks", *ignored, "--", str(path)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 (our own linter)
    assert (result.returncode, result.stdout) == (0, "")


def test_both_origins_require_the_secret_that_the_distribution_sends(written: dict[str, Any]) -> None:
    resources = written["Resources"]
    secret = [{"HeaderName": "Referer", "HeaderValue": {"Ref": "OriginSecret"}}]
    sent = {
        delivery: {
            origin["Id"]: origin.get("OriginCustomHeaders") for origin in delivered(written, delivery)["Origins"]
        }
        for delivery in DELIVERIES
    }
    assert sent == {
        "redirect": {"api": secret, "website": secret},
        "private": {"api": secret, "bucket": None, "render": secret},
    }
    other = {"Fn::If": ["AcceptsOtherSecret", {"Ref": "OtherOriginSecret"}, {"Ref": "AWS::NoValue"}]}
    demanded = {"StringEquals": {"aws:Referer": [{"Ref": "OriginSecret"}, other]}}
    policy = resources["Api"]["Properties"]["DefinitionBody"]["x-amazon-apigateway-policy"]
    assert [statement["Condition"] for statement in policy["Statement"]] == [demanded]
    statements = resources["DestinationBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    reading, listing = choose(statements, "redirect")
    assert listing["Condition"] == demanded
    withheld = {"Fn::If": ["WithholdsOriginals", "derivative", {"Ref": "AWS::NoValue"}]}
    kind = {"s3:ExistingObjectTag/kind": withheld}
    assert reading["Condition"] == {"StringEquals": kind | demanded["StringEquals"]}
    reading, denying = choose(statements, "private")
    arn = {"Fn::Sub": "arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/${Distribution}"}
    assert reading["Condition"] == {"StringEquals": kind | {"aws:SourceArn": arn}}
    assert reading["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    assert denying["Effect"] == "Deny"


def test_the_path_alone_is_the_cache_key_and_nothing_else_is_forwarded(written: dict[str, Any]) -> None:
    resources = written["Resources"]
    key = resources["CachePolicy"]["Properties"]["CachePolicyConfig"]["ParametersInCacheKeyAndForwardedToOrigin"]
    assert key == {
        "EnableAcceptEncodingBrotli": False,
        "EnableAcceptEncodingGzip": False,
        "CookiesConfig": {"CookieBehavior": "none"},
        "HeadersConfig": {"HeaderBehavior": "none"},
        "QueryStringsConfig": {"QueryStringBehavior": "none"},
    }
    configuration = resources["Distribution"]["Properties"]["DistributionConfig"]
    for behaviour in [configuration["DefaultCacheBehavior"], *configuration["CacheBehaviors"]]:
        assert behaviour["CachePolicyId"] == {"Ref": "CachePolicy"}
        assert "OriginRequestPolicyId" not in behaviour


def test_no_secret_is_written_into_the_expanded_template(expand: Expand, written: dict[str, Any]) -> None:
    # SAM's transform gets the values of the parameters, and what it resolves is readable with the stack.
    secrets = {name for name, parameter in written["Parameters"].items() if parameter.get("NoEcho")}
    assert secrets == {"OriginSecret", "OtherOriginSecret", "SigningKey", "OtherSigningKey"}
    expanded = expand(**dict.fromkeys(secrets, "x" * 32))
    assert not [text for text in strings(expanded["Resources"]) if "x" * 32 in text]
    variables = expanded["Resources"]["ResizeFunction"]["Properties"]["Environment"]["Variables"]
    assert variables["SIGNING_KEY"] == {"Ref": "SigningKey"}


def test_every_parameter_has_a_description_and_limits_and_all_but_the_secret_a_default(written: dict[str, Any]) -> None:
    for name, parameter in written["Parameters"].items():
        assert parameter["Description"], name
        assert {"AllowedPattern", "AllowedValues", "MinValue"} & set(parameter), name
        assert "Default" in parameter or name == "OriginSecret", name


def test_every_parameter_is_used_and_shown_in_a_group(written: dict[str, Any]) -> None:
    groups = written["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    shown = [name for group in groups for name in group["Parameters"]]
    assert sorted(shown) == sorted(written["Parameters"])
    used = set(references([written["Resources"], written["Conditions"], written["Globals"]]))
    assert set(written["Parameters"]) <= used


def test_a_gradual_release_has_its_resources_and_no_cycle(expanded: dict[str, Any], gradual: dict[str, Any]) -> None:
    assert list(TopologicalSorter(graph(gradual["Resources"])).static_order())
    assert of_type(expanded["Resources"], "AWS::CodeDeploy::DeploymentGroup") == {}
    assert len(of_type(gradual["Resources"], "AWS::CodeDeploy::DeploymentGroup")) == 2
    assert set(of_type(gradual["Resources"], "AWS::IAM::Role")) == {"CopyRole", "ResizeRole", "ReleaseRole"}


def test_a_gradual_release_stops_at_the_alarms_of_its_function(gradual: dict[str, Any]) -> None:
    groups = of_type(gradual["Resources"], "AWS::CodeDeploy::DeploymentGroup")
    alarms = {
        name: [alarm["Name"]["Ref"] for alarm in group["AlarmConfiguration"]["Alarms"]]
        for name, group in groups.items()
    }
    assert alarms == {
        "CopyFunctionDeploymentGroup": ["CopyCrashesAlarm"],
        "ResizeFunctionDeploymentGroup": ["ResizeCrashesAlarm", "BugsAlarm"],
    }
    for group in groups.values():
        assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]


def test_the_alarms_of_a_release_watch_the_functions_by_their_names(written: dict[str, Any]) -> None:
    resources = written["Resources"]
    for name in ("Copy", "Resize"):
        dimensions = resources[f"{name}CrashesAlarm"]["Properties"]["Dimensions"]
        function = resources[f"{name}Function"]["Properties"]["FunctionName"]
        assert dimensions == [{"Name": "FunctionName", "Value": function}]


def test_every_role_can_be_bounded(written: dict[str, Any]) -> None:
    for name, role in of_type(written["Resources"], "AWS::IAM::Role").items():
        assert role["PermissionsBoundary"]["Fn::If"][:2] == ["HasBoundary", {"Ref": "PermissionsBoundaryArn"}], name


def test_the_api_names_the_function_and_the_alias_that_exist(written: dict[str, Any], expanded: dict[str, Any]) -> None:
    uri = written["Resources"]["Api"]["Properties"]["DefinitionBody"]["paths"]["/resize/{path+}"]["get"][
        "x-amazon-apigateway-integration"
    ]["uri"]["Fn::Sub"]
    named, alias = re.search(r":function:(\S+):(\w+)/invocations", uri).groups()  # type: ignore[union-attr]
    assert {"Fn::Sub": named} == written["Resources"]["ResizeFunction"]["Properties"]["FunctionName"]
    assert alias in [item["Name"] for item in of_type(expanded["Resources"], "AWS::Lambda::Alias").values()]


def conditions(value: Any) -> Iterator[str]:
    """Yield the conditions that a value depends on."""
    if isinstance(value, list):
        for item in value:
            yield from conditions(item)
    elif isinstance(value, dict):
        if "Fn::If" in value:
            yield value["Fn::If"][0]
        for item in value.values():
            yield from conditions(item)


def test_every_setting_of_a_function_version_changes_the_settings_number(written: dict[str, Any]) -> None:
    """But for its role and its log group, which are replaced only where the template's text changes."""
    numbered = set(references(written["Resources"]["FunctionSettingsVersion"]["Properties"]["Content"]))
    own = {"Description", "VersionDescription", "DeploymentPreference", "ReservedConcurrentExecutions"}
    kept: set[str] = set(references(written["Globals"]["Function"]))
    for function in of_type(written["Resources"], "AWS::Serverless::Function").values():
        version = {name: value for name, value in function.items() if name not in {*own, "Role", "LoggingConfig"}}
        deciding = [written["Conditions"][name] for name in conditions(version)]
        kept |= {*references(version), *references(deciding)} - {"AWS"}  # of AWS::StackName
    unwritten = {name for name, parameter in written["Parameters"].items() if parameter.get("NoEcho")}
    assert len(kept) > 20
    assert numbered - {"AWS", "Release"} == kept - unwritten
    assert "Release" in numbered  # a change of what may not be written down changes this too: ops/secrets.py


def test_a_new_settings_number_publishes_new_versions_of_both_functions(expanded: dict[str, Any]) -> None:
    number = {"Fn::Sub": "settings ${FunctionSettingsVersion}, release ${Release}"}
    versions = of_type(expanded["Resources"], "AWS::Lambda::Version")
    functions = of_type(expanded["Resources"], "AWS::Lambda::Function")
    assert len(versions) == len(functions)
    assert all(version["Description"] == number for version in versions.values())
    assert all(
        "(settings ${FunctionSettingsVersion}, release ${Release})" in item["Description"]["Fn::Sub"]
        for item in functions.values()
    )


def test_the_descriptions_of_functions_and_versions_are_not_too_long(expanded: dict[str, Any]) -> None:
    for function in of_type(expanded["Resources"], "AWS::Lambda::Function").values():
        assert len(function["Description"]["Fn::Sub"].replace("${FunctionSettingsVersion}", "9" * 10)) <= 256


def test_a_function_that_sends_itself_messages_allows_recursive_loops(written: dict[str, Any]) -> None:
    """Lambda stops a chain after 16: https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html."""
    for name in ("Copy", "Resize"):
        role = written["Resources"][f"{name}Role"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
        sends = "sqs:SendMessage" in str(role)
        assert (written["Resources"][f"{name}Function"]["Properties"].get("RecursiveLoop") == "Allow") is sends, name


def test_the_queue_lets_the_schedule_in_by_its_name(written: dict[str, Any]) -> None:
    resources = written["Resources"]
    statement = resources["SourceEventsPolicy"]["Properties"]["PolicyDocument"]["Statement"][1]
    arn = statement["Condition"]["ArnEquals"]["aws:SourceArn"]["Fn::Sub"]
    rule = resources["ReconciliationSchedule"]["Properties"]
    assert arn.endswith(":rule/" + rule["Name"]["Fn::Sub"])
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    (target,) = rule["Targets"]
    assert json.loads(target["Input"]) == {"Reconcile": {}}


def test_the_queue_lets_the_source_bucket_in_by_its_name(written: dict[str, Any]) -> None:
    resources = written["Resources"]
    statement = resources["SourceEventsPolicy"]["Properties"]["PolicyDocument"]["Statement"][0]
    arn = statement["Condition"]["ArnEquals"]["aws:SourceArn"]["Fn::Sub"]
    name = resources["SourceBucket"]["Properties"]["BucketName"]["Fn::Sub"]
    assert arn == "arn:${AWS::Partition}:s3:::" + name


def test_only_services_of_this_account_write_to_the_queue(written: dict[str, Any]) -> None:
    statements = written["Resources"]["SourceEventsPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    for statement in [each for each in statements if each["Effect"] == "Allow"]:
        assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
        assert "aws:SourceArn" in statement["Condition"]["ArnEquals"]
        assert (statement["Action"], list(statement["Principal"])) == ("sqs:SendMessage", ["Service"])


def test_only_failed_messages_are_retried_and_no_invocation_is_throttled(written: dict[str, Any]) -> None:
    """Without the first, Lambda takes what failed for done; with more invocations than are reserved, it throttles.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """
    mapping = written["Resources"]["SourceEventsMapping"]["Properties"]
    function = written["Resources"]["CopyFunction"]["Properties"]
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": {"Ref": "CopyConcurrency"}}
    assert function["ReservedConcurrentExecutions"]["Fn::If"][:2] == ["CopyIsReserved", {"Ref": "CopyConcurrency"}]
    assert mapping["BatchSize"] <= 10, "more take a batching window, which would count as time out of sight"
    assert "MaximumBatchingWindowInSeconds" not in mapping


def test_no_origin_can_override_the_security_headers(written: dict[str, Any]) -> None:
    policy = written["Resources"]["ResponseHeaders"]["Properties"]["ResponseHeadersPolicyConfig"]
    protections = [*policy["SecurityHeadersConfig"].values(), *policy["CustomHeadersConfig"]["Items"]]
    assert {each["Override"] for each in protections} == {policy["CorsConfig"]["OriginOverride"]} == {True}


def test_the_first_origin_is_the_destination_bucket_or_its_website(written: dict[str, Any]) -> None:
    resources = written["Resources"]
    name = resources["DestinationBucket"]["Properties"]["BucketName"]["Fn::Sub"]
    stage = "/" + resources["Api"]["Properties"]["StageName"]
    api, website = delivered(written, "redirect")["Origins"]
    assert website["DomainName"]["Fn::Sub"][0].startswith(f"{name}.s3-website")
    assert api["OriginPath"] == stage
    api, bucket, render = delivered(written, "private")["Origins"]
    assert bucket["DomainName"]["Fn::Sub"] == f"{name}.s3.${{AWS::Region}}.${{AWS::URLSuffix}}"
    assert (api["OriginPath"], render["OriginPath"]) == (stage, f"{stage}/resize")


def test_a_private_bucket_has_no_website_and_no_public_policy(written: dict[str, Any]) -> None:
    bucket = choose(written["Resources"]["DestinationBucket"]["Properties"], "private")
    assert "WebsiteConfiguration" not in bucket
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    config = delivered(written, "private")
    (group,) = config["OriginGroups"]["Items"]
    assert config["DefaultCacheBehavior"]["TargetOriginId"] == group["Id"]
    assert [member["OriginId"] for member in group["Members"]["Items"]] == ["bucket", "render"]
    assert group["FailoverCriteria"]["StatusCodes"]["Items"] == [403], "an error of the bucket starts no render"


def test_without_redirects_none_is_invalidated_and_none_is_expected(written: dict[str, Any]) -> None:
    config = delivered(written, "redirect")
    assert "OriginGroups" not in config
    assert config["DefaultCacheBehavior"]["TargetOriginId"] == "website"
    assert written["Resources"]["BucketAccessControl"]["Condition"] == "HasPrivateBucket"


def test_the_redirect_goes_where_the_behaviour_and_the_api_expect_it(written: dict[str, Any]) -> None:
    resources = written["Resources"]
    bucket = choose(resources["DestinationBucket"]["Properties"], "redirect")
    rules = bucket["WebsiteConfiguration"]["RoutingRules"]
    (prefix,) = {rule["RedirectRule"]["ReplaceKeyPrefixWith"] for rule in rules}
    (behaviour,) = resources["Distribution"]["Properties"]["DistributionConfig"]["CacheBehaviors"]
    assert behaviour["PathPattern"] == f"/{prefix}*"
    assert list(resources["Api"]["Properties"]["DefinitionBody"]["paths"]) == [f"/{prefix}{{path+}}"]


def test_the_code_reads_the_environment_that_the_template_sets(written: dict[str, Any]) -> None:
    for name, package in (("copy", "copier"), ("resize", "resizer")):
        properties = written["Resources"][f"{name.capitalize()}Function"]["Properties"]
        given = {key for key in properties["Environment"]["Variables"] if not key.startswith("POWERTOOLS_")}
        code = (ROOT / "functions" / package / "settings.py").read_text()
        assert set(re.findall(r'(?:environ\[|read_number\()"(\w+)"', code)) == given


def test_no_lifecycle_rule_of_the_destination_can_reach_an_original(written: dict[str, Any]) -> None:
    rules = written["Resources"]["DestinationBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    expiring = [rule for rule in rules if set(rule) & {"ExpirationInDays", "ExpirationDate", "Transitions"}]
    assert [rule["TagFilters"] for rule in expiring] == [[{"Key": "kind", "Value": "derivative"}]]


def test_no_lifecycle_rule_of_the_source_deletes_current_versions(expand: Expand) -> None:
    def rules(**parameters: str) -> list[dict[str, Any]]:
        bucket = expand(**parameters)["Resources"]["SourceBucket"]["Properties"]
        listed: list[dict[str, Any]] = bucket["LifecycleConfiguration"]["Rules"]
        return listed

    for rule in rules():
        chosen = rule["Fn::If"][1] if "Fn::If" in rule else rule
        assert not set(chosen) & {"ExpirationInDays", "ExpirationDate", "Transitions"}


def test_roles_name_their_actions_and_resources(written: dict[str, Any]) -> None:
    for role in of_type(written["Resources"], "AWS::IAM::Role").values():
        assert "ManagedPolicyArns" not in role
        for statement in role["Policies"][0]["PolicyDocument"]["Statement"]:
            actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            assert not any("*" in action for action in actions), statement["Sid"]
            if statement["Resource"] == "*":
                assert statement["Sid"] == "SendTraces"  # X-Ray's actions know no resource


def test_a_new_image_is_a_new_version(expand: Expand) -> None:
    assert not versions(expand("1" * 64)) & versions(expand("2" * 64))


def versions(template: dict[str, Any]) -> set[str]:
    return set(of_type(template["Resources"], "AWS::Lambda::Version"))


def test_the_api_has_one_stage(expanded: dict[str, Any]) -> None:
    stages = of_type(expanded["Resources"], "AWS::ApiGateway::Stage").values()
    deployments = of_type(expanded["Resources"], "AWS::ApiGateway::Deployment").values()
    assert [stage["StageName"] for stage in stages] == ["live"]
    assert not any("StageName" in deployment for deployment in deployments)


def test_bucket_names_leave_room_for_a_stack_name_of_23_characters(written: dict[str, Any]) -> None:
    for bucket in of_type(written["Resources"], "AWS::S3::Bucket").values():
        name = bucket["BucketName"]["Fn::Sub"].replace("${AWS::StackName}", "s" * 23)
        name = name.replace("${AWS::AccountId}", "0" * 12).replace("${AWS::Region}", "ap-southeast-1")
        assert re.fullmatch(r"[a-z0-9-]{3,63}", name)


def test_a_row_outlives_any_derivative(written: dict[str, Any]) -> None:
    code = (ROOT / "functions/cloud/table/derivatives.py").read_text()
    days = int(re.search(r"ROW_DAYS = ([\d_]+)", code)[1])  # type: ignore[index]
    assert days >= written["Parameters"]["DerivativeLifetimeDays"]["MaxValue"] + 30


def test_a_failed_message_outlives_the_functions_time_out_and_keeps_its_time(written: dict[str, Any]) -> None:
    resources = written["Resources"]
    queue = resources["SourceEvents"]["Properties"]
    assert queue["VisibilityTimeout"] >= 6 * resources["CopyFunction"]["Properties"]["Timeout"]
    assert queue["RedrivePolicy"]["maxReceiveCount"] >= 5, "Lambda's documentation: services-sqs-configure.html"
    assert queue["MessageRetentionPeriod"] < resources["DeadLetters"]["Properties"]["MessageRetentionPeriod"]


def test_later_passes_come_after_every_old_response_has_ended(written: dict[str, Any]) -> None:
    resources = written["Resources"]
    settle = int(resources["CopyFunction"]["Properties"]["Environment"]["Variables"]["SETTLE_SECONDS"])
    assert resources["CopyFunction"]["Properties"]["Timeout"] + 60 <= settle <= 900
    for delivery in DELIVERIES:
        config = delivered(written, delivery)
        longest = {origin["Id"]: origin["ResponseCompletionTimeout"] for origin in config["Origins"]}
        groups = config.get("OriginGroups", {}).get("Items", [])
        fetches = [[name] for name in longest]  # one origin, or the members of a group one after the other
        fetches += [[member["OriginId"] for member in group["Members"]["Items"]] for group in groups]
        assert all(sum(longest[name] for name in fetch) + 60 <= settle for fetch in fetches)
        assert min(longest.values()) >= resources["ResizeFunction"]["Properties"]["Timeout"]
        assert min(longest.values()) >= 30, "CloudFront's default OriginReadTimeout"


def test_there_is_an_invalidation_for_each_layer_of_caches(written: dict[str, Any]) -> None:
    origins = [origin for delivery in DELIVERIES for origin in delivered(written, delivery)["Origins"]]
    shields = sum(origin.get("OriginShield", {}).get("Enabled") is not None for origin in origins)
    code = (ROOT / "functions/cloud/table/originals.py").read_text()
    rounds = int(re.search(r"^ROUNDS = (\d+)", code, re.MULTILINE)[1])  # type: ignore[index]
    assert rounds == 2 + min(shields, 1), "points of presence, regional caches, and Origin Shield where there is one"


def test_no_error_is_cached_but_a_missing_image(written: dict[str, Any]) -> None:
    configuration = written["Resources"]["Distribution"]["Properties"]["DistributionConfig"]
    kept = {item["ErrorCode"]: item["ErrorCachingMinTTL"] for item in configuration["CustomErrorResponses"]}
    assert set(kept) >= ERRORS_CACHED, "CloudFront keeps these for ten seconds unless it is told otherwise"
    assert {status: seconds for status, seconds in kept.items() if seconds} == {404: CACHED_404_SECONDS}


def test_edge_functions_fit_into_ten_kilobytes_with_the_longest_parameters(written: dict[str, Any]) -> None:
    parameters = written["Parameters"]
    longest = {name: parameters[name]["MaxLength"] for name in ("Presets", "SizeLadder")}
    longest |= {"AllowedTypes": 6 * len("jpeg,"), "TrustedKeyGroups": 4 * 65, "DomainName": 253}
    for function in of_type(written["Resources"], "AWS::CloudFront::Function").values():
        code = re.sub(r"\$\{(\w+)\}", lambda name: "a" * longest[name[1]], function["FunctionCode"]["Fn::Sub"])
        assert len(code.encode()) <= 10_240


def test_every_behaviour_requires_the_same_signatures(written: dict[str, Any]) -> None:
    configuration = written["Resources"]["Distribution"]["Properties"]["DistributionConfig"]
    behaviours = [configuration["DefaultCacheBehavior"], *configuration["CacheBehaviors"]]
    groups = {"Fn::Split": [",", {"Ref": "TrustedKeyGroups"}]}
    expected = {"Fn::If": ["IsPrivate", groups, {"Ref": "AWS::NoValue"}]}
    assert [behaviour["TrustedKeyGroups"] for behaviour in behaviours] == [expected] * 2


def test_gateway_responses_match_the_schema_and_are_not_cached(written: dict[str, Any]) -> None:
    schema = yaml.safe_load((ROOT / "docs" / "openapi.yaml").read_text())["components"]["schemas"]["Problem"]
    responses = written["Resources"]["Api"]["Properties"]["GatewayResponses"]
    assert {"DEFAULT_4XX", "DEFAULT_5XX"} <= set(responses)
    for response in responses.values():
        headers = response["ResponseParameters"]["Headers"]
        assert (headers["Cache-Control"], headers["Content-Type"]) == ("'no-store'", "'application/problem+json'")
        body = response["ResponseTemplates"]["application/json"].replace("$context.error.messageString", '"Forbidden"')
        Draft202012Validator(schema).validate(json.loads(body))
