"""The report of a run separates failures, doubtful results, and effects that an outage may have."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from lab.chaos.faults import Fault
from lab.chaos.invocations import TIMED_OUT
from lab.chaos.level import Level, Out, Result
from lab.chaos.outage import Service
from lab.chaos.report import HEADER, OUTAGE_HEADER, describe, doubtful, format_row, format_table, wrong

CLEAN = Result(
    level=Level(0.05, 1500),
    calls=9000,
    faults=Counter({Fault.ERROR: 3}),
    repeated=1,
    delayed=2,
    killed=Counter(copy=1),
    invocations=Counter(copy=90, resize=10),
    errors=Counter(),
    outrun=0,
    unserved=Counter(),
    longest={"copy": 1.5},
    slowness=1.2,
    answers=Counter({("api", 200): 70, ("website", 404): 20, ("website", 503): 10}),
    during=Counter(),
    given_up=0,
    dead_letters=0,
    differed="",
    lost=[],
    stale=[],
    findings=[],
    oldest=3,
    worked=60,
    settled=120,
    stored=12,
    asked=34,
    reconciled="",
)


def out(service: Service) -> Result:
    """Return a clean run with an outage."""
    during = Counter({("edge", 200): 5, ("website", 200): 6, ("api", 200): 7})
    result = replace(CLEAN, level=Level(0, 300, out=Out(service, 90)), during=during)
    return replace(result, differed="an older version") if service is Service.SQS else replace(result, dead_letters=4)


@pytest.mark.parametrize("result", [CLEAN, *map(out, Service)])
def test_a_clean_run_has_nothing_against_it(result: Result) -> None:
    assert list(wrong(result)) == list(doubtful(result)) == []


@pytest.mark.parametrize(
    "spoiled",
    [
        replace(CLEAN, lost=["a"]),
        replace(CLEAN, stale=["a"]),
        replace(CLEAN, findings=["a"]),
        replace(CLEAN, errors=Counter({TIMED_OUT: 1})),
        replace(CLEAN, reconciled="'a': no row"),
        replace(out(Service.S3), dead_letters=0),
        replace(out(Service.DYNAMODB), differed="'a': no row"),
        replace(out(Service.SQS), differed=""),
        replace(out(Service.S3), during=Counter({("edge", 503): 1})),
        replace(out(Service.DYNAMODB), during=Counter({("website", 503): 1})),
        replace(out(Service.CLOUDFRONT), during=Counter({("api", 503): 1})),
        replace(out(Service.SQS), during=Counter({("api", 0): 1})),
    ],
)
def test_each_fault_of_the_service_is_reported(spoiled: Result) -> None:
    assert len(list(wrong(spoiled))) == 1
    assert next(wrong(spoiled)) in list(describe(spoiled))


@pytest.mark.parametrize(
    ("service", "client"), [(Service.S3, "website"), (Service.S3, "api"), (Service.DYNAMODB, "api")]
)
def test_a_client_of_a_service_that_is_out_may_fail(service: Service, client: str) -> None:
    assert list(wrong(replace(out(service), during=Counter({(client, 503): 9})))) == []


def test_a_time_out_on_a_slow_machine_is_in_doubt_and_not_wrong() -> None:
    slow = replace(CLEAN, outrun=2)
    assert list(wrong(slow)) == []
    assert len(list(doubtful(slow))) == 1


def test_repairs_of_reconcile_are_reported_in_numbers() -> None:
    output = "'a': no row\n       7  removed, and still served\n   1,030  no row\nNothing was changed.\n"
    report = "".join(describe(replace(out(Service.SQS), differed=output)))
    assert "after the redrive: 7 removed, and still served; 1,030 no row." in report


def test_levels_and_outages_have_a_table_each() -> None:
    lines = list(format_table([CLEAN, out(Service.S3)]))
    assert [line for line in lines if line in (HEADER, OUTAGE_HEADER)] == [HEADER, OUTAGE_HEADER]
    for header, result in ((HEADER, CLEAN), (OUTAGE_HEADER, out(Service.S3))):
        assert format_row(result).count("|") == header.splitlines()[0].count("|")
    assert "10 (10.00 %)" in format_row(CLEAN)
    assert "| s3 | 90 s | 18 | 0 of 5 | 0 of 6 | 0 of 7 | 4 |" in format_row(out(Service.S3))
