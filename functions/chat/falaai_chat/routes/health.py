"""The health check, which monitoring and operators request."""

from fastapi import APIRouter, Query

from falaai import __version__
from falaai.repositories import clock
from falaai.web.current_user import Db

router = APIRouter()


@router.get("/health")
def health(database: Db, deep: int = Query(0, ge=0, le=1)) -> dict[str, str]:
    """Return {status, version}. `deep=1` also queries the database; if it does not answer, return 503."""
    if deep:
        clock.get_now(database)
    return {"status": "ok", "version": __version__}
