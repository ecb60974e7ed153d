"""The demand on each quota, computed by hand, and the quota that is met first."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lab.scale.__main__ import main, read_scenario
from lab.scale.ceiling import find_ceiling
from lab.scale.quotas import NEW_ACCOUNT, QUOTAS, Quota, measure_use
from lab.scale.scenario import Scenario
from lab.scale.simulation import History, simulate

ONE = np.array([1.0])
# 20,000 views a second, of which 2,000 miss, 600 are first hits, and 700 reach the API, with 126 functions at work
MOMENT = History(ONE, ONE * 20_000, ONE * 2_000, ONE * 600, ONE * 700, ONE * 126, ONE * 3)


def test_the_demand_on_each_quota_is_as_computed_by_hand() -> None:
    by_hand = {
        "Lambda: concurrency": 126,
        "Lambda: starts a second": 3,
        "DynamoDB: the month's counter, one row": 700,
        "DynamoDB: writes of a new table": 1_400,  # the row of the derivative, and the counter
        "DynamoDB: writes of a table": 1_400,
        "S3: reads of one prefix": 4_100,  # 2,000 by the website, three for each of 700
        "S3: writes of one prefix": 700,
        "API Gateway: requests a second": 700,
        "CloudFront: requests a second": 20_700,
        "CloudFront: Gbit a second": 4.8,  # 20,000 x 30,000 bytes x 8
    }
    assert {use.quota.name: use.peak for use in measure_use(MOMENT, Scenario())} == pytest.approx(by_hand)


def test_without_a_budget_there_is_no_counter() -> None:
    uses = {use.quota.name: use.peak for use in measure_use(MOMENT, Scenario(invalidation_budget=0))}
    assert uses["DynamoDB: the month's counter, one row"] == 0
    assert uses["DynamoDB: writes of a table"] == 700


def test_the_quota_that_is_met_first_comes_first() -> None:
    scenario = Scenario(catalogue=1e9, requests=1e5)
    uses = measure_use(simulate(scenario), scenario)
    met = [use.met for use in uses if use.met is not None]
    assert met == sorted(met)
    assert all(use.met is None for use in uses[len(met) :])
    assert uses[0].quota.name == "DynamoDB: the month's counter, one row"


@pytest.mark.parametrize("quota", QUOTAS, ids=lambda quota: quota.name)
def test_a_quota_has_a_source_and_a_remedy(quota: Quota) -> None:
    assert quota.source.startswith("https://docs.aws.amazon.com/")
    assert quota.remedy


def test_a_ceiling_is_where_a_quota_is_just_met() -> None:
    scenario = Scenario(catalogue=1e6, days=1)
    ceiling = find_ceiling(NEW_ACCOUNT, scenario)
    assert ceiling is not None
    for factor, met in ((0.9, False), (1.1, True)):
        busy = replace(scenario, requests=ceiling * factor)
        assert (measure_use(simulate(busy), busy, (NEW_ACCOUNT,))[0].met is not None) is met


def test_a_quota_that_is_never_met_has_no_ceiling() -> None:
    assert find_ceiling(replace(NEW_ACCOUNT, limit=1e12), Scenario(catalogue=1e6, days=0.1)) is None


def test_options_describe_the_scenario() -> None:
    assert read_scenario(["--invalidation-budget", "0"]) == Scenario(invalidation_budget=0)


def test_an_impossible_scenario_is_one_line_and_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--days", "0"]) == 2
    assert capsys.readouterr().err.startswith("make simulate: --days is 0,")
