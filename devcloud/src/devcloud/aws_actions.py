"""The IAM actions, and the resources they act on, of a request to AWS."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl

from devcloud.intrinsics import ACCOUNT

Actions = list[tuple[str, str | None]]

_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/\d+/([^/,\s]+)/([^/,\s]+)/aws4_request")
_CREDENTIAL_VALUE = re.compile(r"([^/]+)/\d+/([^/]+)/([^/]+)/aws4_request")
_S3_OBJECT = {"GET": "s3:GetObject", "HEAD": "s3:GetObject", "PUT": "s3:PutObject", "DELETE": "s3:DeleteObject",
              "POST": "s3:PutObject"}  # fmt: skip
_S3_BUCKET = {"GET": "s3:ListBucket", "HEAD": "s3:ListBucket", "PUT": "s3:CreateBucket", "DELETE": "s3:DeleteBucket"}
# Actions of a multipart upload. Beginning it, sending a part and completing it are s3:PutObject.
_S3_UPLOAD = {"GET": "s3:ListMultipartUploadParts", "DELETE": "s3:AbortMultipartUpload"}
# Sub-resources of S3, such as ?tagging, that have actions of their own.
_S3_SUBRESOURCES = {"tagging": "Tagging", "acl": "Acl", "policy": "Policy", "cors": "CORS", "lifecycle": "Lifecycle"}


def credential(headers: Mapping[str, str], query: str) -> tuple[str, str, str] | None:
    """Return access key, region and service of a signed request, or None if it is not signed."""
    given = dict(parse_qsl(query))
    if "AWSAccessKeyId" in given:  # a URL signed with version 2, which boto3 still does for S3
        return given["AWSAccessKeyId"], "", "s3"
    found = _CREDENTIAL.search(headers.get("Authorization", ""))
    if found is None:
        found = _CREDENTIAL_VALUE.fullmatch(given.get("X-Amz-Credential", ""))
    return (found[1], found[2], found[3]) if found else None


def credential_of_form(fields: Mapping[str, str]) -> str:
    """Return the access key in the fields of a browser's upload; their names are in lower case."""
    found = _CREDENTIAL_VALUE.fullmatch(fields.get("x-amz-credential", ""))
    return found[1] if found else fields.get("awsaccesskeyid", "")


def needs_body(service: str, query: str) -> bool:
    """Return whether the action of a request depends on its body."""
    return service != "s3" or "delete" in dict(parse_qsl(query, keep_blank_values=True))


def actions_of(
    service: str, region: str, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes
) -> Actions:
    """Return the actions of a request, each with its resource, or with None if devcloud does not know it."""
    if service == "s3":
        return _s3_actions(method, path, dict(parse_qsl(query, keep_blank_values=True)), headers, body)
    target = headers.get("X-Amz-Target", "")
    if target:
        name, arguments = target.rpartition(".")[2], _json(body)
    else:
        form = dict(parse_qsl(query)) | dict(parse_qsl(body.decode(errors="replace")))
        name, arguments = form.get("Action", "*"), {**form, "QueueUrl": form.get("QueueUrl", path)}
    if service == "sqs":
        return [(f"sqs:{name.removesuffix('Batch')}", _queue_arn(region, arguments))]
    if service == "ssm":
        return [(f"ssm:{name}", arn) for arn in _parameter_arns(region, arguments)] or [(f"ssm:{name}", None)]
    return [(f"{service}:{name}", None)]


def _queue_arn(region: str, arguments: dict[str, Any]) -> str | None:
    name = str(arguments.get("QueueUrl") or "").rstrip("/").rpartition("/")[2] or arguments.get("QueueName")
    return f"arn:aws:sqs:{region}:{ACCOUNT}:{name}" if name else None


def _parameter_arns(region: str, arguments: dict[str, Any]) -> Iterator[str]:
    for name in [arguments.get("Name"), arguments.get("Path"), *arguments.get("Names", [])]:
        if name:
            yield f"arn:aws:ssm:{region}:{ACCOUNT}:parameter/{str(name).lstrip('/')}"


def _s3_actions(method: str, path: str, query: dict[str, str], headers: Mapping[str, str], body: bytes) -> Actions:
    bucket, _, key = path.lstrip("/").partition("/")
    if not bucket:
        return [("s3:ListAllMyBuckets", None)]
    arn = f"arn:aws:s3:::{bucket}"
    if not key and "delete" in query:
        return [("s3:DeleteObject", f"{arn}/{one}") for one in re.findall(r"<Key>(.*?)</Key>", body.decode())]
    sub = next((suffix for name, suffix in _S3_SUBRESOURCES.items() if name in query), "")
    if sub:
        verb = "Get" if method in ("GET", "HEAD") else "Delete" if method == "DELETE" else "Put"
        return [(f"s3:{verb}{'Object' if key else 'Bucket'}{sub}", f"{arn}/{key}" if key else arn)]
    if not key and "uploads" in query:
        return [("s3:ListBucketMultipartUploads", arn)]
    if "uploadId" in query and method in _S3_UPLOAD:
        return [(_S3_UPLOAD[method], f"{arn}/{key}")]
    if not key:
        return [(_S3_BUCKET.get(method, "s3:PutObject"), arn)]
    actions: Actions = [(_S3_OBJECT[method], f"{arn}/{key}")]
    if source := headers.get("X-Amz-Copy-Source"):
        actions.append(("s3:GetObject", f"arn:aws:s3:::{source.lstrip('/').partition('?')[0]}"))
    return actions


def _json(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body or b"{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
