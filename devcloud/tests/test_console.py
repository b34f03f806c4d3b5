"""Format of log lines."""

import io
import json

from devcloud.console import Console, format_log_line


def test_a_structured_line_is_level_message_and_pairs():
    record = {
        "level": "INFO",
        "location": "x:1",
        "message": "enviada",
        "timestamp": "t",
        "service": "s",
        "id": 7,
        "k": "v",
    }
    assert format_log_line(json.dumps(record)) == "INFO enviada id=7 k=v"


def test_an_exception_is_shown():
    record = {"level": "ERROR", "message": "falhou", "exception": "Traceback\nValueError"}
    assert format_log_line(json.dumps(record)) == "ERROR falhou\nTraceback\nValueError"


def test_other_lines_stay_as_they_are():
    assert format_log_line("[INFO]\t2026-11-22T12:00:00.000Z\tabc\tolá") == "INFO olá"
    assert format_log_line("[ERROR] ValueError: x\rTraceback\r  File") == "[ERROR] ValueError: x\nTraceback\n  File"
    assert format_log_line("{not json") == "{not json"
    assert format_log_line('{"_aws": {}, "Replies": 1}') == "metric Replies=1"


def test_output_outside_a_terminal_has_no_colours():
    stream = io.StringIO()
    Console(stream).access("GET", "/a/{b}", 500, 12.3, "WebFunction")
    assert "\x1b" not in stream.getvalue()
    assert stream.getvalue().endswith("GET /a/{b} 500 12 ms WebFunction\n")
