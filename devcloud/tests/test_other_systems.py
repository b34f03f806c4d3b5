"""Functions on a system that is not Linux: awslambdaric lacks its compiled part, and no /proc or setpriv exists."""

import asyncio
import sys
from pathlib import Path

import pytest

from devcloud.errors import FunctionFailed
from devcloud.function_pool import FunctionPool
from devcloud.runtime import runtime_variables
from devcloud.template import read_template

PROJECT = Path(__file__).with_name("project")


@pytest.fixture(autouse=True)
def other_system(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")


async def invoke(events):
    """Invoke the worker once for each event. Returns results or errors, the processes, and what they had loaded."""
    function = read_template(PROJECT / "template.yaml").functions["WorkerFunction"]
    pool = FunctionPool(function, runtime_variables(function, "us-east-1"), print)
    try:
        answers = [await asyncio.gather(pool.invoke(event), return_exceptions=True) for event in events]
        processes = pool.processes
        loaded = "".join(Path(f"/proc/{process.pid}/maps").read_text() for process in processes)
    finally:
        await pool.stop()
    return [answer for [answer] in answers], processes, loaded


def test_results_and_errors_arrive_without_the_compiled_client():
    answers, processes, loaded = asyncio.run(invoke([{"text": "olá"}, {"big": "no number"}, {"big": 7_000_000}, {}]))
    assert answers[0] == {"answer": {"text": "olá"}}
    assert isinstance(answers[1], FunctionFailed)
    assert (answers[1].error_type, answers[1].trace != []) == ("TypeError", True)
    assert isinstance(answers[2], FunctionFailed)
    assert answers[2].error_type == "Function.ResponseSizeTooLarge"
    assert answers[3] == {"answer": {}}
    assert "runtime_client.cpython" not in loaded
    assert not any(process.is_alive for process in processes)
