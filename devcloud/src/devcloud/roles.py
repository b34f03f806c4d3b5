"""Write the roles that AWS would create for the template's functions: python -m devcloud.roles FILE

The SAM translator makes the roles from `Policies` and `Events`. It runs in a process of its own, beside the
start of the database, because its import is slow. FILE is JSON: `template`, `parameters`, `region`, and `keys`,
which maps each access key to its function and secret. The roles take the place of this file's content.
"""

import json
import runpy
import sys
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from devcloud.errors import TemplateError
from devcloud.intrinsics import Resolver, parse
from devcloud.secret_store import write_private_file

# The properties that determine a role. Others are removed, because the translator refuses those newer than itself.
_ROLE_PROPERTIES = {"Policies", "Role", "Tracing", "VpcConfig", "DeadLetterQueue", "EventInvokeConfig"}
_CODE = {"Handler": "app.handler", "Runtime": "python3.13", "CodeUri": "s3://bucket/code.zip"}


def role_statements(
    text: str, parameters: dict[str, str], region: str, managed: dict[str, Any]
) -> dict[str, tuple[str, list[dict[str, Any]]]]:
    """Return the name and the statements of the role of each function, by the function's logical id.

    A function whose role is not in the template is left out. `managed` holds AWS's managed policies by name.
    """
    import boto3
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator

    raw = parse(text)
    for name, value in parameters.items():
        raw["Parameters"][name]["Default"] = value
    values = {name: str(one.get("Default", "")) for name, one in raw.get("Parameters", {}).items()}
    arns = {name: f"arn:aws:iam::aws:policy{one['Path']}{name}" for name, one in managed.items()}
    session = boto3.Session(region_name=region)
    translated = Translator(arns, Parser(), boto_session=session).translate(_reduced(raw), values)["Resources"]
    resources = {**raw["Resources"], **translated}
    resolver = Resolver({**raw, "Resources": resources}, region=region)
    documents = {arns[name]: one["Document"] for name, one in managed.items()}
    roles = {}
    for logical_id, resource in raw["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function" and resolver.holds_for(resource):
            role = _role_of(translated[logical_id]["Properties"]["Role"])
            if resources.get(role, {}).get("Type") == "AWS::IAM::Role":
                properties = resources[role].get("Properties", {})
                roles[logical_id] = role, _statements(properties, resources, documents, resolver)
    return roles


def _reduced(raw: dict[str, Any]) -> dict[str, Any]:
    """Return the template with functions alone, without properties that have no effect on roles."""
    functions: dict[str, Any] = {}
    for logical_id, resource in raw["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function":
            properties = resource["Properties"]
            kept = {key: value for key, value in properties.items() if key in _ROLE_PROPERTIES}
            events = {name: one for name, one in properties.get("Events", {}).items() if one["Type"] == "SQS"}
            functions[logical_id] = {**resource, "Properties": {**_CODE, **kept, "Events": events}}
            for attribute in ("DependsOn", "Metadata"):
                functions[logical_id].pop(attribute, None)
    general = raw.get("Globals", {}).get("Function", {})
    common = {key: value for key, value in general.items() if key in _ROLE_PROPERTIES}
    return {**raw, "Resources": functions, "Globals": {"Function": common}, "Outputs": {}}


def _role_of(value: Any) -> str:
    """Return the logical id in `!GetAtt Role.Arn`. Another value is an ARN outside the template."""
    if not isinstance(value, dict):
        return ""
    target: str | list[str] = value.get("Fn::GetAtt") or value.get("Ref") or ""
    return str(target.split(".")[0] if isinstance(target, str) else target[0])


def _statements(
    properties: dict[str, Any], resources: dict[str, Any], documents: dict[str, Any], resolver: Resolver
) -> list[dict[str, Any]]:
    found = [policy["PolicyDocument"] for policy in resolver.resolve(_policies(properties, "Policies"))]
    for written in _policies(properties, "ManagedPolicyArns"):
        value = _chosen(written, resolver)
        own = resources.get(value.get("Ref", "") if isinstance(value, dict) else "", {})
        if own.get("Type") == "AWS::IAM::ManagedPolicy":
            found.append(resolver.resolve(own["Properties"]["PolicyDocument"]))
        else:
            arn = resolver.resolve([value])  # in a list, which is empty if the value is AWS::NoValue
            found += [documents[one] for one in arn if one in documents]
    statements = [one for document in found for one in _as_list(document["Statement"])]
    return [one for one in statements if isinstance(one, dict)]


def _chosen(value: Any, resolver: Resolver) -> Any:
    """Return the chosen branch of an `!If`, and any other value unchanged."""
    while isinstance(value, dict) and "Fn::If" in value:
        condition, then, otherwise = value["Fn::If"]
        value = then if resolver.holds(condition) else otherwise
    return value


def _policies(properties: dict[str, Any], key: str) -> list[Any]:
    return list(properties.get(key, []))


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _managed_policies() -> dict[str, Any]:
    """Return AWS's managed policies by name, as moto has them.

    Run only the file of the policies: importing it as a module would import all of moto's IAM, in 0.3 s.
    """
    file = distribution("moto").locate_file("moto/iam/aws_managed_policies.py")
    return dict(json.loads(runpy.run_path(str(file))["aws_managed_policies_data"]))


def main() -> None:
    """Replace the content of the file. A template that cannot be translated is reported in one line."""
    from samtranslator.model.exceptions import InvalidDocumentException

    path = Path(sys.argv[1])
    task = json.loads(path.read_text("utf-8"))
    text = Path(task["template"]).read_text("utf-8")
    try:
        found = role_statements(text, task["parameters"], task["region"], _managed_policies())
    except InvalidDocumentException as error:
        sys.exit("; ".join(cause.message for cause in error.causes))
    except TemplateError as error:
        sys.exit(str(error))
    roles = {}
    for key, (function, secret) in task["keys"].items():
        if function in found:
            name, statements = found[function]
            roles[key] = {"name": name, "function": function, "secret": secret, "statements": statements}
    write_private_file(path, json.dumps(roles))


if __name__ == "__main__":
    main()
