"""Call every function of the repositories, and roll each call back."""

import inspect
import pkgutil
from collections.abc import Callable
from importlib import import_module
from typing import Any, ClassVar

import pytest

from falaai import repositories
from falaai.database import Database, Executed, Parameters, Row, Statements, Transaction


class RecordingTransaction(Transaction):
    """Keep every statement, and every row that the server has sent."""

    statements: ClassVar[list[str]] = []
    rows: ClassVar[list[Row]] = []

    def execute(self, sql: str, parameters: Parameters = ()) -> Executed:
        executed = super().execute(sql, parameters)
        self.statements.append(sql)
        self.rows.extend(executed.rows)
        return executed


class RolledBack(Exception):
    """Takes back what a function of a repository did, so that the next one finds the same rows."""


def repository_functions() -> dict[str, Callable[..., object]]:
    """Every public function of every repository that runs statements, by `module.name`."""
    modules = [
        import_module(f"falaai.repositories.{one.name}") for one in pkgutil.iter_modules(repositories.__path__)
    ]
    return {
        f"{module.__name__.rpartition('.')[2]}.{name}": function
        for module in modules
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__ and "sql" in inspect.signature(function).parameters
        if not name.startswith("_")
    }


def calls_of(name: str, function: Callable[..., object], values: dict[str, Any]) -> list[dict[str, Any]]:
    """Its arguments, taken from `values` by `module.function.parameter` or by the parameter's name alone: once as few
    as it needs, and once all of them."""
    parameters = list(inspect.signature(function).parameters.values())[1:]
    known = {one.name: values.get(f"{name}.{one.name}", values.get(one.name, one.empty)) for one in parameters}
    unknown = [f"{name}.{parameter}" for parameter, value in known.items() if value is inspect.Parameter.empty]
    assert unknown == [], "give these parameters a value in tests/support/statement_values.py"
    needed = [one.name for one in parameters if one.default is one.empty and one.kind is not one.VAR_POSITIONAL]
    few = {parameter: known[parameter] for parameter in needed}
    return [few] if few == known else [few, known]


def call(function: Callable[..., object], sql: Statements, arguments: dict[str, Any]) -> None:
    """Call it with arguments by name, those of a `*parameter` included."""
    signature = inspect.signature(function)
    bound = signature.bind_partial()
    bound.arguments.update({"sql": sql, **arguments})
    function(*bound.args, **bound.kwargs)


def run_and_roll_back(database: Database, name: str, function: Callable[..., object], values: dict[str, Any]) -> None:
    """Call a function of a repository with each set of its arguments, and roll each call back."""
    for arguments in calls_of(name, function, values):

        def work(sql: Statements, arguments: dict[str, Any] = arguments) -> None:
            call(function, sql, arguments)
            raise RolledBack

        with pytest.raises(RolledBack):
            database.transaction(work)
