"""Reading of SAM templates."""

from pathlib import Path

import pytest

from devcloud.errors import TemplateError
from devcloud.intrinsics import Resolver, parse
from devcloud.template import read_template

TEMPLATE = """
Parameters:
  Stage: {Type: String, Default: live}
  Nothing: {Type: String}
  Number: {Type: Number, Default: 5}
Conditions:
  IsLive: !Equals [!Ref Stage, live]
  HasNothing: !Not [!Equals [!Ref Nothing, ""]]
  Both: !And [!Condition IsLive, !Condition HasNothing]
  Either: !Or [!Condition IsLive, !Condition HasNothing]
Resources:
  Jobs: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub "${Stage}-jobs"}}
  Pictures: {Type: AWS::S3::Bucket}
  Work: {Type: AWS::Serverless::Function, Properties: {FunctionName: worker}}
"""


def resolve(text: str) -> object:
    return Resolver(parse(TEMPLATE), {"Jobs": "http://queue"}).resolve(parse(f"value: {text}"))["value"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("!Ref Stage", "live"),
        ("!Ref Nothing", ""),
        ("!Ref Number", "5"),
        ("!Ref AWS::Region", "us-east-1"),
        ("!Ref Jobs", "http://queue"),
        ("!Ref Pictures", "pictures"),
        ("!Ref Work", "worker"),
        ("!GetAtt Jobs.Arn", "arn:aws:sqs:us-east-1:123456789012:live-jobs"),
        ("!GetAtt [Jobs, QueueName]", "live-jobs"),
        ("{Fn::GetAtt: [Work, Arn]}", "arn:aws:lambda:us-east-1:123456789012:function:worker"),
        ("!Sub 'a-${Stage}-${Jobs.QueueName}-${!Stage}'", "a-live-live-jobs-${Stage}"),
        ("!Sub ['${A}${Stage}', {A: !Ref Number}]", "5live"),
        ("!If [Both, 1, 2]", 2),
        ("!If [Either, 1, 2]", 1),
        ("!Join ['/', [a, !Ref Stage]]", "a/live"),
        ("!Select [1, !Split [',', 'a,b']]", "b"),
        ("{kept: 1, gone: !Ref AWS::NoValue}", {"kept": 1}),
        ("[!If [IsLive, !Ref AWS::NoValue, 1], 2]", [2]),
    ],
)
def test_intrinsic_functions(written: str, meant: object) -> None:
    assert resolve(written) == meant


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ("!Ref Nobody", "refers to Nobody"),
        ("!GetAtt Jobs.Colour", "attribute Colour of Jobs"),
        ("!ImportValue other", "Fn::ImportValue"),
        ("!If [Never, 1, 2]", "no condition named Never"),
    ],
)
def test_unsupported_intrinsic_raises_template_error(written: str, complaint: str) -> None:
    with pytest.raises(TemplateError, match=complaint):
        resolve(written)


def read(tmp_path: Path, text: str):
    path = tmp_path / "template.yaml"
    path.write_text(text)
    return read_template(path)


def test_globals_are_merged_into_functions(tmp_path: Path) -> None:
    template = read(
        tmp_path,
        """
Globals:
  Function:
    Timeout: 7
    Handler: app.handler
    Layers: [!Ref Layer, "arn:aws:lambda:us-east-1:1:layer:other:1"]
    Environment: {Variables: {A: general, B: general, FLAG: true}}
Resources:
  Layer: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: shared}}
  One:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: one, MemorySize: 512, Environment: {Variables: {B: own}}, ReservedConcurrentExecutions: 2}
""",
    )
    one = template.functions["One"]
    assert one.variables == {"A": "general", "B": "own", "FLAG": "true"}
    assert (one.timeout, one.memory, one.reserved_concurrency) == (7, 512, 2)
    assert one.folder == tmp_path / "one"
    assert one.layers == (tmp_path / "shared/python",)


def test_a_resource_with_a_false_condition_does_not_exist(tmp_path: Path) -> None:
    template = read(
        tmp_path,
        """
Conditions: {Never: !Equals [a, b]}
Resources:
  One: {Type: AWS::Serverless::Function, Condition: Never, Properties: {CodeUri: one}}
  Jobs: {Type: AWS::SQS::Queue, Condition: Never}
""",
    )
    assert template.functions == {}
    assert template.queues == []


def test_an_unknown_event_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match=r"events of type HttpApi \(One, Web\)"):
        read(
            tmp_path,
            """
Resources:
  One: {Type: AWS::Serverless::Function, Properties: {CodeUri: one, Events: {Web: {Type: HttpApi}}}}
""",
        )


def test_template_of_the_product_is_read() -> None:
    template = read_template(Path(__file__).parents[2] / "template.yaml")
    assert template.functions
    assert template.routes
    assert template.queue_triggers
    assert "*/*" in template.binary_media_types


CORS = """
Parameters: {Url: {Type: String, Default: "https://example.org"}}
Resources:
  Pictures: {Type: AWS::S3::Bucket}
  Uploads:
    Type: AWS::S3::Bucket
    Properties:
      CorsConfiguration: {CorsRules: [{AllowedMethods: [POST], AllowedOrigins: [!Ref Url], MaxAge: 60}]}
"""


def test_cors_rules_of_a_bucket_are_read_as_the_api_takes_them(tmp_path):
    (tmp_path / "template.yaml").write_text(CORS)
    rule = {"AllowedMethods": ["POST"], "AllowedOrigins": ["https://example.org"], "MaxAgeSeconds": 60}
    assert read_template(tmp_path / "template.yaml").cors_rules == {"uploads": [rule]}
