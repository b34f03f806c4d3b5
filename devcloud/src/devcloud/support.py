"""The parts of a template that devcloud ignores, each with its reason. Other unsupported parts are an error."""

from collections.abc import Iterator, Mapping
from typing import Any

_EMULATED = {
    "AWS::Serverless::Function", "AWS::Serverless::Api", "AWS::Serverless::LayerVersion", "AWS::SQS::Queue",
    "AWS::S3::Bucket", "AWS::IAM::Role", "AWS::IAM::ManagedPolicy",
}  # fmt: skip
# Resources without an effect on the behaviour of functions on one machine.
_WITHOUT_EFFECT = {
    "AWS::CloudWatch": "there are no metrics and alarms on this machine",
    "AWS::Logs": "logs go to the terminal",
    "AWS::SNS": "there are no alarms to notify of",
    "AWS::Route53": "there are no domains on this machine",
    "AWS::CertificateManager": "there are no domains on this machine",
    "AWS::ApiGateway": "only the settings of AWS::Serverless::Api are emulated",
    "AWS::Serverless::Application": "nested applications are not started",
    "AWS::SSM": "parameters are not created; .env holds settings",
}
# Largest number of resources of one type that a line names: a template may have dozens of alarms.
_LISTED = 3
_OTHER = "nothing creates it on this machine"
_API_PROPERTIES = {
    "Auth": "requests are not authorized by the gateway",
    "Models": "requests are not validated by the gateway",
    "DefinitionBody": "routes come from the events of functions alone",
    "DefinitionUri": "routes come from the events of functions alone",
    "Cors": "the gateway answers no preflight; functions may",
    "CacheClusterEnabled": "responses are not cached",
}
_FUNCTION_PROPERTIES = {
    "VpcConfig": "all functions share the network of this machine",
    "FileSystemConfigs": "no file system is mounted",
    "EventInvokeConfig": "asynchronous invocations are not retried and have no destinations",
    "FunctionUrlConfig": "there are no function URLs",
    "DeploymentPreference": "there is one version of each function",
    "ProvisionedConcurrencyConfig": "processes start when they are needed",
}


def ignored_parts(resources: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return one sentence for each ignored type of resource and each ignored property."""
    names: dict[str, list[str]] = {}
    for logical_id, resource in resources.items():
        if resource["Type"] not in _EMULATED:
            names.setdefault(resource["Type"], []).append(logical_id)
    types = [f"{kind} is ignored ({_listed(ids)}): {_reason(kind)}." for kind, ids in names.items()]
    return [*types, *_ignored_properties(resources)]


def _listed(ids: list[str]) -> str:
    more = f" and {len(ids) - _LISTED} more" if len(ids) > _LISTED else ""
    return ", ".join(ids[:_LISTED]) + more


def _reason(kind: str) -> str:
    service = "::".join(kind.split("::")[:2])
    return _WITHOUT_EFFECT.get(kind) or _WITHOUT_EFFECT.get(service) or _OTHER


def _ignored_properties(resources: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    tables = {"AWS::Serverless::Api": _API_PROPERTIES, "AWS::Serverless::Function": _FUNCTION_PROPERTIES}
    for logical_id, resource in resources.items():
        for name, reason in tables.get(resource["Type"], {}).items():
            if name in resource.get("Properties", {}):
                yield f"{logical_id}: {name} is ignored: {reason}."
