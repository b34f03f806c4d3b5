"""CloudFormation's intrinsic functions: parse their short YAML tags and resolve their values."""

import re
from collections.abc import Mapping
from typing import Any

import yaml

from devcloud.errors import TemplateError

REGION = "us-east-1"
ACCOUNT = "123456789012"
PSEUDO_PARAMETERS = {
    "AWS::AccountId": ACCOUNT,
    "AWS::NotificationARNs": [],
    "AWS::Partition": "aws",
    "AWS::StackId": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/devcloud/0",
    "AWS::StackName": "devcloud",
    "AWS::URLSuffix": "amazonaws.com",
}
_NO_VALUE = object()
_PLACEHOLDER = re.compile(r"\$\{(!?)\s*([^}]+?)\s*\}")


# The loader of libyaml is seven times as fast. PyYAML's wheels contain it; a PyYAML built from source may not.
class _TemplateLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """SafeLoader that also parses `!Ref`, `!Sub` and the other short tags."""


def _short_tag(loader: _TemplateLoader, name: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {name if name in ("Ref", "Condition") else f"Fn::{name}": value}


_TemplateLoader.add_multi_constructor("!", _short_tag)


def parse(text: str) -> dict[str, Any]:
    """Parse a template into plain data, with short tags in their long form. Raises TemplateError."""
    try:
        parsed = yaml.load(text, Loader=_TemplateLoader)  # noqa: S506 - a SafeLoader with the short tags
    except yaml.YAMLError as error:
        raise TemplateError(f"The template is not valid YAML: {' '.join(str(error).split())}") from error
    if not isinstance(parsed, dict):
        raise TemplateError("The template is not a YAML mapping.")
    return parsed


class Resolver:
    """Replace intrinsic functions by their values.

    `queue_urls` holds the URLs of existing queues by logical id; other queues get their URL on AWS.
    """

    def __init__(
        self, template: dict[str, Any], queue_urls: Mapping[str, str] | None = None, region: str = REGION
    ) -> None:
        self._resources: dict[str, Any] = template.get("Resources", {})
        self._conditions: dict[str, Any] = template.get("Conditions", {})
        self._queue_urls = queue_urls or {}
        self._region = region
        self._values: dict[str, Any] = {**PSEUDO_PARAMETERS, "AWS::Region": region}
        for name, parameter in template.get("Parameters", {}).items():
            self._values[name] = _text(parameter.get("Default", ""))

    def resolve(self, value: Any) -> Any:
        """Replace all intrinsic functions in `value`. A key or item with `AWS::NoValue` is removed."""
        if isinstance(value, list):
            return [item for item in map(self.resolve, value) if item is not _NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            name, argument = next(iter(value.items()))
            if name == "Ref" or str(name).startswith("Fn::"):
                return self._intrinsic(name, argument)
        resolved = {key: self.resolve(item) for key, item in value.items()}
        return {key: item for key, item in resolved.items() if item is not _NO_VALUE}

    def holds(self, condition: Any) -> bool:
        """Return whether a condition, given by name or as an expression, is true."""
        if isinstance(condition, str):
            if condition not in self._conditions:
                raise TemplateError(f"The template has no condition named {condition}.")
            return self.holds(self._conditions[condition])
        name, argument = next(iter(condition.items()))
        if name == "Condition":
            return self.holds(argument)
        if name == "Fn::Not":
            return not self.holds(argument[0])
        if name == "Fn::And":
            return all(map(self.holds, argument))
        if name == "Fn::Or":
            return any(map(self.holds, argument))
        if name == "Fn::Equals":
            left, right = (_text(self.resolve(item)) for item in argument)
            return bool(left == right)
        raise TemplateError(f"devcloud does not support {name} in a condition.")

    def holds_for(self, resource: dict[str, Any]) -> bool:
        """Return whether a resource exists: it has no condition, or its condition is true."""
        return "Condition" not in resource or self.holds(resource["Condition"])

    def name_of(self, logical_id: str) -> str:
        """Return the physical name of a resource: its name property, or else its logical id."""
        resource = self._resources[logical_id]
        properties = resource.get("Properties", {})
        for key in ("FunctionName", "QueueName", "BucketName"):
            if key in properties:
                return str(self.resolve(properties[key]))
        # S3 allows no upper case in bucket names.
        return logical_id.lower() if resource["Type"] == "AWS::S3::Bucket" else logical_id

    def _intrinsic(self, name: str, argument: Any) -> Any:
        if name == "Ref":
            return self._ref(str(argument))
        if name == "Fn::GetAtt":
            logical_id, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
            return self._attribute(logical_id, attribute)
        if name == "Fn::Sub":
            return self._substitute(argument)
        if name == "Fn::If":
            condition, then, otherwise = argument
            return self.resolve(then if self.holds(condition) else otherwise)
        if name == "Fn::Join":
            separator, parts = argument
            return separator.join(map(_text, self.resolve(parts)))
        if name == "Fn::Select":
            index, items = argument
            return self.resolve(items)[int(self.resolve(index))]
        if name == "Fn::Split":
            separator, text = argument
            return _text(self.resolve(text)).split(separator)
        raise TemplateError(f"devcloud does not support the intrinsic function {name}.")

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return _NO_VALUE
        if name in self._values:
            return self._values[name]
        if name not in self._resources:
            raise TemplateError(f"The template refers to {name}, which is neither a parameter nor a resource.")
        if self._resources[name]["Type"] == "AWS::SQS::Queue":
            return self._queue_url(name)
        return self.name_of(name)

    def _queue_url(self, logical_id: str) -> str:
        aws = f"https://sqs.{self._region}.amazonaws.com/{ACCOUNT}/{self.name_of(logical_id)}"
        return self._queue_urls.get(logical_id, aws)

    def _attribute(self, logical_id: str, attribute: str) -> str:
        if logical_id not in self._resources:
            raise TemplateError(f"The template refers to an attribute of {logical_id}, which is not a resource.")
        kind, name = self._resources[logical_id]["Type"], self.name_of(logical_id)
        known = {
            ("AWS::SQS::Queue", "Arn"): f"arn:aws:sqs:{self._region}:{ACCOUNT}:{name}",
            ("AWS::SQS::Queue", "QueueName"): name,
            ("AWS::SQS::Queue", "QueueUrl"): self._queue_url(logical_id),
            ("AWS::S3::Bucket", "Arn"): f"arn:aws:s3:::{name}",
            ("AWS::Serverless::Function", "Arn"): f"arn:aws:lambda:{self._region}:{ACCOUNT}:function:{name}",
            ("AWS::Lambda::Function", "Arn"): f"arn:aws:lambda:{self._region}:{ACCOUNT}:function:{name}",
        }
        if (kind, attribute) not in known:
            raise TemplateError(f"devcloud does not support the attribute {attribute} of {logical_id} ({kind}).")
        return known[kind, attribute]

    def _substitute(self, argument: Any) -> str:
        text: str
        own: dict[str, Any]
        text, own = (argument, {}) if isinstance(argument, str) else argument

        def replace(match: re.Match[str]) -> str:
            literal, name = match.groups()
            if literal:
                return "${" + name + "}"
            if name in own:
                return str(_text(self.resolve(own[name])))
            return str(self._attribute(*name.split(".", 1)) if "." in name else self._ref(name))

        return _PLACEHOLDER.sub(replace, text)


def _text(value: Any) -> Any:
    """Convert a scalar to text, as CloudFormation does. Lists stay unchanged."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, list) else str(value)
