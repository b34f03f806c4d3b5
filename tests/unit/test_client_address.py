"""The caller's address, as limits count it and devices show it."""

import pytest
from fastapi import Request

from falaai.web.current_user import client_address


@pytest.mark.parametrize(
    ("told", "counted"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:aaaa:bbbb:cccc:1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("2001:DB8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("no address", "no address"),
    ],
)
def test_ipv6_addresses_count_by_their_64(told: str, counted: str) -> None:
    event = {"requestContext": {"identity": {"sourceIp": told}}}
    scope = {"type": "http", "headers": [(b"x-forwarded-for", b"198.51.100.1")], "aws.event": event}
    assert client_address(Request(scope)) == counted
