"""During an outage every call to one service fails, and no call to another one."""

from __future__ import annotations

from collections import Counter

import pytest

from lab.chaos.outage import FAULTS, Outage, Service, service_of
from local.wiring import Connection


@pytest.mark.parametrize(
    ("connection", "target", "service"),
    [
        (Connection.TO_AWS, "DynamoDB_20120810.GetItem", Service.DYNAMODB),
        (Connection.TO_AWS, "AmazonSQS.SendMessage", Service.SQS),
        (Connection.TO_AWS, "", Service.S3),
        (Connection.TO_WEBSITE, "", Service.S3),
        (Connection.TO_CLOUDFRONT, "", Service.CLOUDFRONT),
    ],
)
def test_the_service_of_a_request_is_recognised(connection: Connection, target: str, service: Service) -> None:
    assert service_of(connection, {"X-Amz-Target": target} if target else {}) is service


@pytest.mark.parametrize("out", Service)
def test_every_call_to_the_failing_service_fails_and_no_other(out: Service) -> None:
    outage = Outage("seed")
    assert [outage.draw(service) for service in Service] == [None] * 4
    outage.begin(out)
    met = Counter(outage.draw(out) for _ in range(300))
    assert set(met) == set(FAULTS)
    assert [outage.draw(service) for service in Service if service is not out] == [None] * 3
    outage.end()
    assert outage.draw(out) is None


def test_an_outage_covers_the_time_between_begin_and_end(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([100.0, 200.0])
    monkeypatch.setattr("lab.chaos.outage.time.time", lambda: next(clock))
    outage = Outage("seed")
    outage.begin(Service.SQS)
    outage.end()
    covered = [moment for moment in (99.9, 100.0, 199.9, 200.0) if outage.covers(Service.SQS, moment)]
    assert covered == [100.0, 199.9]
    assert not outage.covers(Service.S3, 150.0)
