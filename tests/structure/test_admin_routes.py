"""Every route of operators checks the role, and no answer of them has a field for a text that a user wrote."""

import re
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from docs.generate import openapi
from falaai_admin.application import ROUTERS
from falaai_admin.application import build as build_admin
from falaai_admin.dependencies import require_admin, require_confirmed_admin
from falaai_attachments.application import build as build_attachments
from falaai_auth.application import build as build_auth
from falaai_chat.application import build as build_chat
from tests.support.paths import ROOT

# Routes of the admin function that are not for operators: files of the product, and the own use of every user.
FOR_EVERYBODY = {"/static/admin/{name}", "/uso"}
# Every field of an answer for operators. An address and the roles are texts, but none that tells what a user wrote.
NUMBERS = {"id", "id_admin", "id_alvo", "cota_diaria", "usos", "usados"}
# `grupo` is a label that operators give.
STATES = {"confirmada", "bloqueada", "papel", "acao", "valor", "estado", "grupo"}
USE = {
    "mensagens",
    "pensadas",
    "buscas",
    "consultas",
    "tokens_entrada",
    "tokens_saida",
    "arquivos",
    "megabytes",
    "reais",
}
FAILURES = {"falhas", "codigo"}
# A rating, its reason from a list, and the name of the model.
RATINGS = {"nota", "motivo", "modelo", "vezes"}
TIMES = {"registrada_em", "feita_em", "criado_em", "expira_em", "dia"}
LISTS = {"pessoas", "atos", "convites", "dias", "meses", "avaliacoes", "dolar_em_reais", "dolar_do_dia"}
PLACES = {"depois", "link", "message", "redirect_url"}
FIELDS = NUMBERS | USE | FAILURES | RATINGS | STATES | TIMES | LISTS | PLACES | {"email"}
ERRORS = {"ErrorBody", "ErrorField"}
# Columns of texts that users write.
WRITTEN = r"\b(nome|conteudo|titulo_conversa|resumo|transcricao|trecho|instrucoes|navegador)\b"


ROUTES = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]


def calls(dependant: Dependant) -> set[Any]:
    """Return all functions that run before a route."""
    return {dependant.call}.union(*(calls(one) for one in dependant.dependencies))


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{sorted(route.methods)[0]} {route.path}")
def test_every_route_of_operators_checks_the_role(route: APIRoute) -> None:
    checked = calls(route.dependant)
    assert (require_admin in checked) == (route.path not in FOR_EVERYBODY)
    assert route.path in FOR_EVERYBODY or route.path == "/admin" or route.path.startswith("/admin/")


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{sorted(route.methods)[0]} {route.path}")
def test_every_change_needs_the_password(route: APIRoute) -> None:
    reads = {("GET", one.path) for one in ROUTES} | {("POST", "/admin/people")}
    for method in route.methods:
        assert ((method, route.path) in reads) != (require_confirmed_admin in calls(route.dependant))


@pytest.mark.parametrize("app", [build_auth(), build_chat(), build_attachments()])
def test_no_other_function_has_a_route_of_operators(app: FastAPI) -> None:
    assert [path for path in app.openapi()["paths"] if path.startswith("/admin")] == []


def test_routes_above_are_all_routes_of_the_function() -> None:
    assert {route.path for route in ROUTES} == set(build_admin().openapi()["paths"])


def test_one_place_decides_who_is_an_operator() -> None:
    """The stored role is read by the session and the list of accounts, and compared in `roles.py`."""
    deciding = re.compile(r"Role\.ADMIN|admin_emails|ADMIN_EMAILS")
    found = {
        str(path.relative_to(ROOT))
        for folder in ("functions", "layers")
        for path in (ROOT / folder).rglob("*.py")
        if deciding.search(path.read_text())
    }
    layer = "layers/shared/python/falaai"
    deciding_files = {f"{layer}/{name}.py" for name in ("roles", "settings", "last_admin")}
    assert found == {*deciding_files, "functions/admin/falaai_admin/accounts.py"}


def fields_of(schema: Any, schemas: dict[str, Any]) -> set[str]:
    """Return the names of all fields of a schema and of the schemas that it refers to."""
    if isinstance(schema, list):
        return set().union(*(fields_of(one, schemas) for one in schema))
    if not isinstance(schema, dict):
        return set()
    named = str(schema.get("$ref", "")).rpartition("/")[2]
    if named in ERRORS:
        return set()
    own = set(schema.get("properties", {}))
    return own.union(
        fields_of(schemas.get(named), schemas),
        *(fields_of(one, schemas) for one in schema.get("properties", {}).values()),
        *(fields_of(schema.get(key), schemas) for key in ("items", "anyOf", "schema", "application/json")),
    )


def test_answers_for_operators_have_no_field_for_a_written_text() -> None:
    """Of all routes below /admin in the OpenAPI document, by name of each field; every other answer is a page."""
    document = openapi()
    schemas, found = document["components"]["schemas"], set[str]()
    for path, methods in document["paths"].items():
        if not path.startswith("/admin"):
            continue
        for operation in methods.values():
            for answer in operation["responses"].values():
                content = answer.get("content", {})
                assert set(content) <= {"application/json", "text/html", "text/csv"}, path
                found |= fields_of(content, schemas)
    assert found == FIELDS


def test_code_for_operators_reads_no_column_of_a_written_text() -> None:
    """Neither the statements nor the pages of the admin function name one."""
    sources = [
        ROOT / "layers/shared/python/falaai/repositories" / name
        for name in ("people.py", "audit.py", "invitations.py", "usage_totals.py", "failures.py")
    ]
    statements = "\n".join(re.findall(r'"(?:[^"\\]|\\.)*"', "\n".join(path.read_text() for path in sources)))
    assert "SELECT" in statements
    assert not re.search(WRITTEN, statements)
