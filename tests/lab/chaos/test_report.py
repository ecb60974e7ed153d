"""The report of a run separates failures, inconclusive results, and effects that an outage may have."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from lab.chaos.faults import Fault
from lab.chaos.invocations import TIMED_OUT
from lab.chaos.level import Level, OutagePlan, Result
from lab.chaos.outage import Service
from lab.chaos.report import HEADER, OUTAGE_HEADER, describe, format_row, format_table, inconclusive, violations

CLEAN = Result(
    level=Level(0.05, 1500),
    calls=9000,
    faults=Counter({Fault.ERROR: 3}),
    duplicated=1,
    delayed=2,
    killed=Counter(copy=1),
    invocations=Counter(copy=90, resize=10),
    errors=Counter(),
    slow_timeouts=0,
    abandoned=Counter(),
    longest={"copy": 1.5},
    slowness=1.2,
    answers=Counter({("api", 200): 70, ("website", 404): 20, ("website", 503): 10}),
    outage_answers=Counter(),
    notifications_lost=0,
    dead_letters=0,
    differences="",
    lost=[],
    stale=[],
    findings=[],
    oldest=3,
    operation_seconds=60,
    settling_seconds=120,
    derivatives_checked=12,
    responses_checked=34,
    final_differences="",
)


def out(service: Service) -> Result:
    """Return a clean run with an outage."""
    during = Counter({("edge", 200): 5, ("website", 200): 6, ("api", 200): 7})
    result = replace(CLEAN, level=Level(0, 300, outage=OutagePlan(service, 90)), outage_answers=during)
    return (
        replace(result, differences="an older version") if service is Service.SQS else replace(result, dead_letters=4)
    )


@pytest.mark.parametrize("result", [CLEAN, *map(out, Service)])
def test_a_clean_run_has_no_violations(result: Result) -> None:
    assert list(violations(result)) == list(inconclusive(result)) == []


@pytest.mark.parametrize(
    "spoiled",
    [
        replace(CLEAN, lost=["a"]),
        replace(CLEAN, stale=["a"]),
        replace(CLEAN, findings=["a"]),
        replace(CLEAN, errors=Counter({TIMED_OUT: 1})),
        replace(CLEAN, final_differences="'a': no row"),
        replace(CLEAN, responses_checked=0),
        replace(CLEAN, faults=Counter()),
        replace(out(Service.S3), dead_letters=0),
        replace(out(Service.DYNAMODB), differences="'a': no row"),
        replace(out(Service.SQS), differences=""),
        replace(out(Service.S3), outage_answers=Counter({("edge", 503): 1})),
        replace(out(Service.DYNAMODB), outage_answers=Counter({("website", 503): 1})),
        replace(out(Service.CLOUDFRONT), outage_answers=Counter({("api", 503): 1})),
        replace(out(Service.SQS), outage_answers=Counter({("api", 0): 1})),
    ],
)
def test_each_fault_of_the_service_is_reported(spoiled: Result) -> None:
    assert len(list(violations(spoiled))) == 1
    assert next(violations(spoiled)) in list(describe(spoiled))


@pytest.mark.parametrize(
    ("service", "client"), [(Service.S3, "website"), (Service.S3, "api"), (Service.DYNAMODB, "api")]
)
def test_a_client_of_a_service_that_is_out_may_fail(service: Service, client: str) -> None:
    assert list(violations(replace(out(service), outage_answers=Counter({(client, 503): 9})))) == []


def test_a_time_out_on_a_slow_machine_is_in_doubt_and_not_wrong() -> None:
    slow = replace(CLEAN, slow_timeouts=2)
    assert list(violations(slow)) == []
    assert len(list(inconclusive(slow))) == 1


def test_repairs_of_reconcile_are_reported_in_numbers() -> None:
    output = "'a': no row\n       7  removed, and still served\n   1,030  no row\nNothing was changed.\n"
    report = "".join(describe(replace(out(Service.SQS), differences=output)))
    assert "after the redrive: 7 removed, and still served; 1,030 no row." in report


def test_levels_and_outages_have_a_table_each() -> None:
    lines = list(format_table([CLEAN, out(Service.S3)]))
    assert [line for line in lines if line in (HEADER, OUTAGE_HEADER)] == [HEADER, OUTAGE_HEADER]
    for header, result in ((HEADER, CLEAN), (OUTAGE_HEADER, out(Service.S3))):
        assert format_row(result).count("|") == header.splitlines()[0].count("|")
    assert "10 (10.00 %)" in format_row(CLEAN)
    assert "| s3 | 90 s | 18 | 0 of 5 | 0 of 6 | 0 of 7 | 4 |" in format_row(out(Service.S3))
