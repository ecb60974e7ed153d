"""Key groups of the emulator's CloudFront: the public keys that a private distribution trusts."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

KeyGroups = dict[str, dict[str, str]]
"""The public keys in PEM, by id, of key groups by id."""


def make_key_group(client: Any, pem: str) -> tuple[str, str]:  # noqa: ANN401 - boto3's cloudfront client
    """Create a key group with one public key, and return the ids of the group and of the key."""
    reference = str(uuid.uuid4())
    configuration = {"CallerReference": reference, "Name": reference, "EncodedKey": pem}
    key = client.create_public_key(PublicKeyConfig=configuration)["PublicKey"]["Id"]
    group = client.create_key_group(KeyGroupConfig={"Name": reference, "Items": [key]})["KeyGroup"]["Id"]
    return group, key


def read_key_groups(client: Any, groups: Iterable[str]) -> KeyGroups:  # noqa: ANN401 - as above
    """Return the public keys of key groups."""
    found: KeyGroups = {}
    for group in groups:
        keys = client.get_key_group(Id=group)["KeyGroup"]["KeyGroupConfig"]["Items"]
        found[group] = {key: _read_public_key(client, key) for key in keys}
    return found


def _read_public_key(client: Any, key: str) -> str:  # noqa: ANN401 - as above
    pem: str = client.get_public_key(Id=key)["PublicKey"]["PublicKeyConfig"]["EncodedKey"]
    return pem
