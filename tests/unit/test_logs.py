"""A line of the log is one line, whatever stands in it."""

import io
import json

from aws_lambda_powertools import Logger


def test_control_characters_cannot_forge_a_line() -> None:
    out = io.StringIO()
    Logger(service="test", stream=out).info("name\r\n{}", extra={"agent": 'x\n{"level": "INFO"}\x1b[31m'})
    (line,) = out.getvalue().splitlines()
    assert json.loads(line)["agent"].endswith("[31m")
    assert "\x1b" not in line
