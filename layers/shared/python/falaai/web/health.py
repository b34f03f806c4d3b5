"""The health check, for monitors and for people who just deployed."""

from fastapi import APIRouter, Query

from falaai import __version__
from falaai.repositories import clock
from falaai.web.current_user import Db

router = APIRouter()


@router.get("/health")
def health(database: Db, deep: int = Query(0, ge=0, le=1)) -> dict[str, str]:
    """{status, version}; with ?deep=1 the database is asked too, and its silence is a 503."""
    if deep:
        clock.get_now(database)
    return {"status": "ok", "version": __version__}
