"""The origin to which browsers send files and from which they load them, found without boto3: every page names it."""

import ipaddress
import os
from urllib.parse import urlsplit


def bucket_origin(bucket: str) -> str:
    """Return the origin of presigned addresses of a bucket, as falaai.s3 makes them."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    if not endpoint:
        region = os.environ.get("AWS_REGION", "us-east-1")
        return f"https://{bucket}.s3.{region}.amazonaws.com{'.cn' if region.startswith('cn-') else ''}"
    address = urlsplit(endpoint)
    # A name of the bucket cannot stand before an IP address.
    prefix = "" if _is_ip(address.hostname or "") else f"{bucket}."
    return f"{address.scheme}://{prefix}{address.netloc}"


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
