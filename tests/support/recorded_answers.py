"""Answers of AWS for calls that moto does not have, each checked against botocore's model of the service.

An answer with a member that AWS does not send, without a required one, or of another type fails where it is made.
"""

import json
from datetime import datetime
from typing import Any
from xml.etree import ElementTree as ET

from botocore.loaders import Loader
from botocore.model import ListShape, ServiceModel, Shape, StructureShape
from botocore.parsers import create_parser
from botocore.validate import ParamValidator


def rest_json(service: str, operation: str, answer: dict[str, Any]) -> bytes:
    """Return the body of an answer of a JSON service, such as Lambda."""
    _checked(service, operation, answer)
    return json.dumps(answer).encode()


def query_xml(service: str, operation: str, answer: dict[str, Any]) -> bytes:
    """Return the body of an answer of a service with the query protocol, such as CloudFormation."""
    shape = _checked(service, operation, answer)
    root = ET.Element(f"{operation}Response")
    _write(ET.SubElement(root, f"{operation}Result"), shape, answer)
    metadata = ET.SubElement(root, "ResponseMetadata")
    ET.SubElement(metadata, "RequestId").text = "00000000-0000-0000-0000-000000000000"
    body: bytes = ET.tostring(root, encoding="utf-8")
    read = create_parser("query").parse({"body": body, "headers": {}, "status_code": 200}, shape)
    read.pop("ResponseMetadata")
    assert read == answer, f"{operation}: a client reads {read} instead of {answer}"
    return body


def _checked(service: str, operation: str, answer: dict[str, Any]) -> StructureShape:
    description = Loader(include_default_search_paths=True).load_service_model(service, "service-2")
    shape = ServiceModel(description, service).operation_model(operation).output_shape
    assert isinstance(shape, StructureShape)
    report = ParamValidator().validate(answer, shape)
    assert not report.has_errors(), f"{operation}: {report.generate_report()}"
    return shape


def _write(parent: ET.Element, shape: Shape, value: Any) -> None:
    if isinstance(shape, StructureShape):
        for name, one in value.items():
            _write(ET.SubElement(parent, name), shape.members[name], one)
    elif isinstance(shape, ListShape):
        for one in value:
            _write(ET.SubElement(parent, "member"), shape.member, one)
    elif isinstance(value, datetime):
        parent.text = value.isoformat()
    else:
        parent.text = str(value).lower() if isinstance(value, bool) else str(value)
