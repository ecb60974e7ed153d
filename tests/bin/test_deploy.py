from __future__ import annotations

import re

from bin.deploy import name_release

PARAMETERS = ["LogLevel=DEBUG", "LogRetentionDays=7"]


def test_a_release_is_named_after_its_parameters_in_any_order() -> None:
    assert name_release(PARAMETERS) == name_release(PARAMETERS[::-1])
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,64}", name_release(PARAMETERS))


def test_each_parameter_changes_the_name_of_the_release() -> None:
    others = [[*PARAMETERS, "DefaultQuality=70"], PARAMETERS[:1], ["LogLevel=DEBUG", "LogRetentionDays=14"]]
    assert len({name_release(parameters) for parameters in (PARAMETERS, *others)}) == 4
