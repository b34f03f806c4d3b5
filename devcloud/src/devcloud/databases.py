"""The database servers that devcloud can start. They have the same interface."""

from devcloud.database import Database
from devcloud.tidb import TidbDatabase

AnyDatabase = Database | TidbDatabase
DATABASES: dict[str, type[Database] | type[TidbDatabase]] = {"mariadb": Database, "tidb": TidbDatabase}
