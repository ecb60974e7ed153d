"""Dashboard, alarms and queries: all that they name is emitted or printed, and a person is led on from each alarm."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from grammar.errors import TranscodingError
from lab.costs.events import COUNTED_INVALIDATION, FIRST_HIT, NEW_ORIGINAL, Calls
from lab.costs.prices import read_prices
from lab.costs.transcoder import ALARMS, DASHBOARDS, FUNCTION_CALLS, MESSAGE_REQUESTS, OWN_METRICS
from local.cloudwatch.drawing import draw
from local.cloudwatch.metrics import Metrics, Window
from local.cloudwatch.widgets import read_widgets

from .everything import Output, run_everything

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.cloudwatch.metrics import Metric
    from local.cloudwatch.widgets import Widget
    from world import World

ROOT = Path(__file__).parents[2]
RUNBOOK = (ROOT / "docs/runbook.md").read_text()
OWN = "CloudImageTranscoder/${AWS::StackName}"
NUMBERS = {
    "CopyConcurrency": "5",
    "InvalidationBudget": "500",
    "ResizeConcurrency": "0",
    "ResizeIsReserved": "false",
    "ResizeMemoryMegabytes": "2048",
}
GB = 2**30


_printed: dict[str, Output] = {}


@pytest.fixture
def output(world: World, monkeypatch: pytest.MonkeyPatch) -> dict[str, Output]:
    """What both functions print, by their folders: made by the first test that asks."""
    if not _printed:
        _printed.update(run_everything(world, monkeypatch))
    return _printed


def of_type(template: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    return {name: item["Properties"] for name, item in template["Resources"].items() if item["Type"] == kind}


@pytest.fixture(scope="module")
def body(written: dict[str, Any]) -> str:
    """The dashboard's body, with numbers for the parameters that stand for numbers."""
    text, _ = written["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    return re.sub(r"\$\{(\w+)\}", lambda found: NUMBERS.get(found[1], found[0]), text)


@pytest.fixture(scope="module")
def widgets(body: str) -> tuple[Widget, ...]:
    return read_widgets(body)


@pytest.fixture(scope="module")
def alarms(written: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return of_type(written, "AWS::CloudWatch::Alarm")


@dataclass(frozen=True)
class Named:
    """A metric of ours that something draws or watches."""

    name: str
    function: str
    dimensions: frozenset[str]


def drawn(widgets: tuple[Widget, ...]) -> Iterator[Metric]:
    for widget in widgets:
        yield from (line.metric for line in widget.lines if line.metric is not None)


def test_every_metric_of_ours_that_is_drawn_or_alarmed_is_emitted(
    output: dict[str, Output], widgets: tuple[Widget, ...], alarms: dict[str, dict[str, Any]]
) -> None:
    """Those of AWS's services are proved by tests/local/test_dashboard_stack.py."""
    named = {
        Named(metric.name, dict(metric.dimensions)["service"], frozenset(name for name, _ in metric.dimensions))
        for metric in drawn(widgets)
        if metric.namespace == OWN
    }
    for alarm in alarms.values():
        if alarm["Namespace"] == {"Fn::Sub": OWN}:
            (dimension,) = alarm["Dimensions"]
            named.add(Named(alarm["MetricName"], dimension["Value"], frozenset({dimension["Name"]})))
    emitted = {Named(name, function, names) for function, found in output.items() for name, names in found.metrics}
    assert len(named) > 30
    assert named <= emitted


def test_every_error_that_a_user_may_get_is_drawn_by_its_class(widgets: tuple[Widget, ...]) -> None:
    (shown,) = [widget for widget in widgets if "by class" in widget.title]
    classes = {each.__name__ for each in TranscodingError.__subclasses__()}
    assert classes | {"Bugs"} <= {line.label for line in shown.lines}


def test_the_cost_model_knows_how_many_metrics_and_alarms_there_are(
    output: dict[str, Output], written: dict[str, Any], alarms: dict[str, dict[str, Any]]
) -> None:
    assert sum(len(found.metrics) for found in output.values()) == OWN_METRICS
    assert len([name for name in alarms if written["Resources"][name].get("Condition") != "IsGradual"]) == ALARMS
    assert len(of_type(written, "AWS::CloudWatch::Dashboard")) == DASHBOARDS


def test_functions_alarms_and_dashboard_share_a_namespace(
    written: dict[str, Any], widgets: tuple[Widget, ...], alarms: dict[str, dict[str, Any]]
) -> None:
    for name in ("CopyFunction", "ResizeFunction"):
        variables = written["Resources"][name]["Properties"]["Environment"]["Variables"]
        assert variables["POWERTOOLS_METRICS_NAMESPACE"] == {"Fn::Sub": OWN}
    spaces = {metric.namespace for metric in drawn(widgets)}
    assert {space for space in spaces if not space.startswith("AWS/")} == {OWN}
    watched = [alarm["Namespace"] for alarm in alarms.values()]
    assert all(space == {"Fn::Sub": OWN} or space.startswith("AWS/") for space in watched)


def test_cloudfronts_metrics_are_read_where_they_are(body: str) -> None:
    for widget in json.loads(body)["widgets"]:
        properties = widget["properties"]
        namespace = ""
        for row in properties.get("metrics", []):
            options = row[-1] if isinstance(row[-1], dict) else {}
            if isinstance(row[0], str):
                namespace = row[0] if row[0] not in {".", "..."} else namespace
                region = options.get("region", properties["region"])
                assert region == ("us-east-1" if namespace == "AWS/CloudFront" else "${AWS::Region}"), row


def test_the_dashboard_is_within_cloudwatchs_quotas_and_may_be_one_of_the_free_ones(
    body: str, widgets: tuple[Widget, ...]
) -> None:
    """500 widgets, 500 metrics in each and 2,500 in all (cloudwatch_limits.html); 1,024 characters of an expression.

    The free dashboards are of up to 50 metrics (lab/costs/prices.toml), which is read as 50 different ones.
    """
    assert len(widgets) == len(json.loads(body)["widgets"]) < 500
    assert sum(len(widget.lines) for widget in widgets) < 500
    assert max(len(line.expression) for widget in widgets for line in widget.lines) <= 1024
    assert len(set(drawn(widgets))) <= 50


def test_every_expression_can_be_computed_here(widgets: tuple[Widget, ...]) -> None:
    metrics = Metrics()
    for metric in drawn(widgets):
        metrics.add(metric, 5, 1)
        metrics.quotas[metric] = 1000
    for widget in widgets:
        for line in draw(widget, metrics, Window(0, 10, 1)):
            assert "CloudWatch only" not in line["label"]
            assert line["values"] != [None], line["label"]


def test_no_widget_lies_on_another(widgets: tuple[Widget, ...]) -> None:
    taken: set[tuple[int, int]] = set()
    for widget in widgets:
        cells = {
            (x, y) for x in range(widget.x, widget.x + widget.width) for y in range(widget.y, widget.y + widget.height)
        }
        assert not cells & taken, widget.title
        assert max(x for x, _ in cells) < 24
        taken |= cells


def cost(widgets: tuple[Widget, ...], **counts: float) -> dict[str, float]:
    """Return what the dashboard estimates for a period of a day with these counts, by its lines."""
    (widget,) = [each for each in widgets if "USD" in each.title]
    metrics = Metrics()
    for line in widget.lines:
        if line.metric is not None:
            metrics.add(line.metric, 1, counts.get(line.id, 0))
    lines = draw(replace(widget, period=86_400), metrics, Window(0, 86_400, 1))
    return {line["label"].partition(":")[0]: line["values"][0] for line in lines}


def test_the_estimated_cost_is_computed_with_the_prices_of_the_cost_model(widgets: tuple[Widget, ...]) -> None:
    price = {name: each.tiers[0][1] for name, each in read_prices().items()}
    edge = 1e6 * (price["cloudfront_requests"] + FUNCTION_CALLS * price["cloudfront_functions"])
    assert cost(widgets, views=1e6)["Edge"] == pytest.approx(edge, rel=1e-6)
    assert cost(widgets, sent=5 * GB)["Edge"] == pytest.approx(5 * price["cloudfront_data"], rel=1e-6)

    calls = FIRST_HIT + COUNTED_INVALIDATION
    first = price["api_gateway_requests"] + price["lambda_requests"] + priced(calls, price)
    assert cost(widgets, hits=1e6)["First hits"] == pytest.approx(1e6 * first, rel=1e-4)
    gb_seconds = 1e6 / 1000 * int(NUMBERS["ResizeMemoryMegabytes"]) / 1024
    assert cost(widgets, worked=1e6)["First hits"] == pytest.approx(gb_seconds * price["lambda_duration"], rel=1e-6)

    copied = price["lambda_requests"] + MESSAGE_REQUESTS * price["sqs_requests"] + priced(NEW_ORIGINAL, price)
    assert cost(widgets, copies=1e6)["Changes"] == pytest.approx(1e6 * copied, rel=1e-4)
    for paths in ("redirects", "purges"):
        assert cost(widgets, **{paths: 10})["Changes"] == pytest.approx(10 * price["cloudfront_invalidations"])


def test_the_estimated_cost_adds_up(widgets: tuple[Widget, ...]) -> None:
    found = cost(widgets, views=9e6, sent=9e12, hits=9e4, worked=9e7, copies=900, redirects=90, purges=9)
    assert found.pop("Total") == pytest.approx(sum(found.values()))
    assert len(found) == 3


def priced(calls: Calls, price: dict[str, float]) -> float:
    names = ("s3_reads", "s3_writes", "dynamodb_reads", "dynamodb_writes")
    return (
        sum((float(getattr(calls, name)) * price[name] for name in names), 0.0)
        + calls.log_bytes / GB * price["logs_ingestion"]
    )


def test_an_alarm_notifies_unless_it_stops_releases(written: dict[str, Any], alarms: dict[str, dict[str, Any]]) -> None:
    notify = {"Fn::If": ["HasAlarmTopic", [{"Ref": "AlarmTopicArn"}], {"Ref": "AWS::NoValue"}]}
    for name, alarm in alarms.items():
        stops = written["Resources"][name].get("Condition") == "IsGradual"
        assert alarm.get("AlarmActions") == (None if stops else notify), name


def test_an_alarm_watches_one_metric_and_no_other_alarm_does(alarms: dict[str, dict[str, Any]]) -> None:
    watched = [
        json.dumps([alarm[part] for part in ("Namespace", "MetricName", "Dimensions")]) for alarm in alarms.values()
    ]
    assert len(set(watched)) == len(watched)


def sections(level: str) -> dict[str, str]:
    """Return the runbook's sections of a level (## or ###): their text by their headings."""
    parts = re.split(rf"^{level} (.+)$", RUNBOOK, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_alarm_has_its_section_in_the_runbook_and_its_description_leads_there(
    alarms: dict[str, dict[str, Any]],
) -> None:
    found = sections("###")
    assert set(found) == set(alarms)
    for name, alarm in alarms.items():
        assert alarm["AlarmDescription"].endswith(f"See docs/runbook.md#{name.lower()}")
        assert len(alarm["AlarmDescription"]) <= 1024
        for part in ("*For users.*", "*Look at.*", "*Do.*"):
            assert part in found[name], (name, part)


def test_the_runbook_names_queries_widgets_commands_and_parameters_that_exist(
    written: dict[str, Any], widgets: tuple[Widget, ...]
) -> None:
    names = [query["Name"]["Fn::Sub"] for query in of_type(written, "AWS::Logs::QueryDefinition").values()]
    queries = {name.removeprefix("${AWS::StackName}/") for name in names}
    titles = {widget.title for widget in widgets if widget.title}
    text = " ".join(RUNBOOK.split())
    assert set(re.findall(r"query \*([^*]+)\*", text)) == queries
    assert set(re.findall(r"widget \*([^*]+)\*", text)) <= titles
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    assert set(re.findall(r"make ([a-z-]+)", RUNBOOK)) <= targets
    codes = {"AccessDenied", "MissingKey", "UnknownKey"}  # CloudFront's, of signed URLs
    known = {*written["Parameters"], *written["Resources"], *codes}
    assert set(re.findall(r"`([A-Z][a-z]+(?:[A-Z][a-z]+)+)`", RUNBOOK)) <= known | {
        line.label for w in widgets for line in w.lines
    }


PLATFORM = {"@timestamp", "@message", "@log", "@type", "@initDuration", "@maxMemoryUsed"}
"""Fields that Logs Insights finds in Lambda's own lines: CWL_AnalyzeLogData-discoverable-fields.html"""
TRACED = {"xray_trace_id"}
"""Powertools logs it where there is a trace."""
COMMANDS = {"fields", "filter", "stats", "sort", "limit", "display"}
WORDS = {
    "as",
    "by",
    "and",
    "or",
    "like",
    "asc",
    "desc",
    "ispresent",
    "count",
    "count_distinct",
    "latest",
    "max",
    "sum",
    "pct",
    "bin",
    "h",
}


def fields_of(query: str) -> set[str]:
    """Return the fields that a query reads: not those that it makes by `as`, nor words of the language."""
    plain = re.sub(r'"[^"]*"', "", query)
    made = set(re.findall(r"\bas (\w+)", plain))
    return set(re.findall(r"@?[A-Za-z_][\w.]*", plain)) - made - WORDS - COMMANDS


def flattened(record: dict[str, Any], prefix: str = "") -> set[str]:
    """Return the names under which Logs Insights finds what is in a log line."""
    found = set()
    for name, value in record.items():
        path = f"{prefix}{name}"
        found.add(path)
        if isinstance(value, dict):
            found |= flattened(value, f"{path}.")
        if isinstance(value, list):
            found |= {f"{path}.{place}" for place in range(len(value))}
    return found


def test_every_field_of_a_query_is_in_a_line_of_the_functions_whose_logs_it_reads(
    output: dict[str, Output], written: dict[str, Any]
) -> None:
    logged = {f"{name.capitalize()}Logs": fields_in(found) for name, found in output.items()}
    queries = of_type(written, "AWS::Logs::QueryDefinition")
    assert len(queries) >= 8
    for name, query in queries.items():
        known = set().union(*(logged[group["Ref"]] for group in query["LogGroupNames"]))
        assert fields_of(query["QueryString"]) <= known | PLATFORM | TRACED, name
        assert len(query["QueryString"]) <= 10_000
        for command in query["QueryString"].strip().split("\n"):
            assert command.removeprefix("| ").split()[0] in COMMANDS, command


def fields_in(output: Output) -> set[str]:
    return set().union(*(flattened(line) for line in output.lines))


def test_the_texts_that_queries_look_for_are_printed(output: dict[str, Output], written: dict[str, Any]) -> None:
    lines = [line for found in output.values() for line in found.lines]
    values = {str(value) for line in lines for value in line.values()}
    for name, query in of_type(written, "AWS::Logs::QueryDefinition").items():
        wanted = set(re.findall(r'\b(?:step|message) = "([^"]+)"', query["QueryString"]))
        assert wanted <= values, name
