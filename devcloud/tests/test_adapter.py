"""The option --adapter: a web function behind a program that speaks Lambda's Runtime API and streams."""

import asyncio
import time
from dataclasses import replace
from pathlib import Path

import pytest

from devcloud.errors import FunctionFailed
from devcloud.function_pool import FunctionPool
from devcloud.runtime import runtime_variables
from devcloud.streaming import LARGEST_METADATA, MalformedStream, split_metadata
from devcloud.template import read_template
from waiting import HANG_SECONDS

PROJECT = Path(__file__).with_name("project")


def test_metadata_ends_at_the_delimiter():
    begin = b'{"statusCode": 200, "multiValueHeaders": {"A": ["1", "2"]}, "cookies": ["c=1"]}'
    assert split_metadata(begin + bytes(7)) is None
    found = split_metadata(begin + bytes(8) + b"body" + bytes(8))
    assert found is not None
    assert (found[0].status, found[0].headers) == (200, [("A", "1"), ("A", "2"), ("Set-Cookie", "c=1")])
    assert found[1] == b"body" + bytes(8)


@pytest.mark.parametrize(
    "begin", [b"x" * (LARGEST_METADATA + 1), b"{}" + bytes(8), b"[]" + bytes(8), b"no" + bytes(8)]
)
def test_stream_without_valid_metadata_is_malformed(begin):
    with pytest.raises(MalformedStream):
        split_metadata(begin)


async def invoke(wishes, pause=0.0):
    """Invoke a web function behind the adapter once for each wish. Returns status, headers, body and failure.

    With a `pause`, devcloud does nothing for so many seconds when an invocation has begun.
    """
    template = read_template(PROJECT / "template.yaml")
    function = replace(template.functions["StreamFunction"], adapter=PROJECT / "adapter.py")
    log: list[str] = []
    pool = FunctionPool(function, runtime_variables(function, "us-east-1"), log.append)
    answers: list[tuple[int, list[tuple[str, str]], bytes, bool] | str] = []
    try:
        for wish in wishes:
            try:
                invocation = asyncio.create_task(pool.invoke({"queryStringParameters": {"wish": wish}}))
                while pause and not any(process.state == "busy" for process in pool.processes):
                    await asyncio.sleep(0.001)
                time.sleep(pause)
                answer = await invocation
            except FunctionFailed as error:
                answers.append(str(error))
                continue
            body = b""
            while piece := await asyncio.wait_for(answer.pieces.get(), HANG_SECONDS):
                body += piece
            answers.append((answer.status, answer.headers, body, answer.failed))
    finally:
        await pool.stop()
    return answers


def test_adapter_streams_with_its_metadata():
    [(status, headers, body, failed)] = asyncio.run(invoke([""]))
    assert (status, body, failed) == (201, b"first second", False)
    assert headers == [
        ("X-One", "1"), ("X-Two", "a"), ("X-Two", "b"), ("Set-Cookie", "c=1"), ("Set-Cookie", "d=2"),
    ]  # fmt: skip


def test_stream_without_metadata_fails_the_invocation():
    assert asyncio.run(invoke(["no-metadata"])) == ["A streamed response has no delimiter in its first 16 KB."]


def test_adapter_that_ends_in_mid_stream_is_replaced_with_its_server():
    broken, whole = asyncio.run(invoke(["end", ""]))
    assert (broken[0], broken[2], broken[3]) == (201, b"first ", True)
    assert (whole[2], whole[3]) == (b"first second", False)


def test_pieces_count_if_devcloud_reads_them_after_the_exit():
    [broken] = asyncio.run(invoke(["end"], pause=0.5))
    assert (broken[0], broken[2], broken[3]) == (201, b"first ", True)


def test_what_is_no_program_is_refused(start):
    cloud = start("--adapter", "nothing")
    assert cloud.process.wait(HANG_SECONDS) == 2
    assert "--adapter must be a program, not nothing" in cloud.log.read_text()
