"""The dashboard of infrastructure/dashboard.json, as it is embedded into the template."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def write_dashboard(text: str, template: Mapping[str, Any]) -> str:
    """Return the dashboard's body for Fn::Sub, one widget a line.

    In dashboard.json all placeholders are in strings, so that it is JSON. A placeholder of a number (a parameter of
    that type) or of a boolean (a condition) loses its quotes here.
    """
    numbers = {name for name, parameter in template["Parameters"].items() if parameter["Type"] == "Number"}
    bare = numbers | set(template["Conditions"])
    widgets = [json.dumps(widget, ensure_ascii=False) for widget in json.loads(text)["widgets"]]
    body = '{"widgets": [\n' + ",\n".join(widgets) + "\n]}\n"
    return re.sub(r'"\$\{(\w+)\}"', lambda found: f"${{{found[1]}}}" if found[1] in bare else found[0], body)
