"""Clients for the AWS emulator and for the admin routes of the fakes."""

from dataclasses import dataclass
from typing import Any

import boto3
import httpx

from tests.support.running_cloud import RunningCloud


def aws_client(cloud: RunningCloud, service: str) -> Any:
    """Create a boto3 client for devcloud's AWS emulator."""
    return boto3.client(  # type: ignore[call-overload]
        service,
        endpoint_url=cloud.addresses["aws"],
        region_name="us-east-1",
        aws_access_key_id="devcloud",
        aws_secret_access_key="devcloud",
    )


@dataclass
class FakeService:
    """Admin routes of a fake."""

    url: str

    def fault(self, **fault: Any) -> None:
        httpx.put(f"{self.url}/admin/faults", json=fault).raise_for_status()

    def requests(self) -> list[dict[str, Any]]:
        return list(httpx.get(f"{self.url}/admin/requests").json())
