"""Parts of responses that differ between equal requests."""

import re

import httpx

VARYING = {"date", "x-amzn-requestid", "x-amz-apigw-id"}
# Every registration gets a cookie. It is an HMAC of the password's hash, so each one is another.
_PROOF = re.compile("falaai-cadastro=[0-9a-f]{64}")


def compared_headers(answer: httpx.Response, *others: str) -> dict[str, str]:
    """Return the headers that equal requests share, without those of VARYING and `others`."""
    kept = {name: value for name, value in answer.headers.items() if name not in {*VARYING, *others}}
    return {name: _PROOF.sub("falaai-cadastro=…", value) for name, value in kept.items()}
