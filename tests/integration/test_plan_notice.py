"""The notice near the attachment button about what Google may do with files."""

import pytest
from starlette.testclient import TestClient

from falaai import settings
from falaai.database import Database
from falaai.web.current_user import get_database, require_session
from falaai_chat import application
from tests.support.replies import new_session
from tests.support.rows import Rows

NOTICE = "O Google pode usar o que você enviar para melhorar os produtos dele."


@pytest.mark.parametrize(("plan", "is_shown"), [("free", True), ("paid", False), ("", False)])
def test_free_plan_is_told_where_files_are_attached(
    database: Database, rows: Rows, monkeypatch: pytest.MonkeyPatch, plan: str, is_shown: bool
) -> None:
    session = new_session(rows, rows.user())
    monkeypatch.setenv("GEMINI_PLAN", plan)
    monkeypatch.setenv("PICTURES_BUCKET", "none")
    settings.read.cache_clear()
    app = application.build()
    app.dependency_overrides |= {get_database: lambda: database, require_session: lambda: session}
    page = TestClient(app).get("/chat", headers={"accept": "text/html"})
    settings.read.cache_clear()
    assert page.status_code == 200
    assert (NOTICE in page.text) == is_shown
