"""Private TiDB server with embedded storage and its data in devcloud's data folder, instead of MariaDB."""

import json
import os
import re
import shutil
import sys
from io import TextIOWrapper
from pathlib import Path

from devcloud.certificate import make_certificate
from devcloud.database import USER, DatabaseAddress, end_orphaned_server, socket_folder
from devcloud.errors import DevcloudError, StartError
from devcloud.http_server import free_port, wait_until_accepting
from devcloud.processes import Child, clean_environment, start_child, wait_unless_exited
from devcloud.secret_store import SecretStore, write_private_file

_MISSING = (
    "No TiDB server was found: set TIDB_SERVER to the path of a tidb-server, or run `tiup install tidb`, "
    "or put tidb-server on PATH."
)


class TidbDatabase:
    """One TiDB server. `address` is valid before `start()`, which returns when the server accepts connections."""

    def __init__(self, data: Path, name: str, secrets: SecretStore, host: str = "127.0.0.1") -> None:
        # The first start decides whether the account requires TLS, so data with TLS and without it have separate
        # folders.
        self._folder = data / ("tidb" if host == "127.0.0.1" else "tidb-with-tls")
        self.log = data / "tidb.log"
        self.child: Child | None = None
        self._output: TextIOWrapper | None = None
        self._socket_folder = socket_folder(self._folder)
        # On a loopback address TLS is not needed; on any other address it is required.
        authority, self._chain, self._key = ("", "", "") if host == "127.0.0.1" else make_certificate(host)
        password = secrets.get("database password")
        path = str(self._socket_folder / "socket")
        self.address = DatabaseAddress(host, free_port(host), USER, password, name, path, authority)

    async def start(self) -> None:
        program = find_tidb_server()
        await end_orphaned_server(self._folder / "pid", f"--path={self._storage}")
        self._prepare_folder()
        address = self.address
        # A starting server empties its temporary folder, so two servers must not share one. Without the status port,
        # it listens on a single port.
        command = [
            program, "--store=unistore", f"--path={self._storage}", f"--host={address.host}", "-P", str(address.port),
            f"--socket={address.socket}", "--report-status=false", "-L=warn",
            f"--temp-dir={self._folder / 'temporary'}", f"--config={self._configuration()}",
        ]  # fmt: skip
        self._output = output = self.log.open("a", buffering=1, encoding="utf-8")
        self.child = await start_child(
            command,
            environment=clean_environment({}),
            folder=self._folder,
            death_signal="TERM",
            on_line=lambda line: print(line, file=output),
        )
        (self._folder / "pid").write_text(str(self.child.pid))
        if not await wait_unless_exited(self.child, wait_until_accepting(address.host, address.port)):
            last = (list(self.child.tail) or ["it printed nothing"])[-1]
            raise StartError(f"The TiDB server stopped while starting (its log: {self.log}): {last}")
        self._ready_mark.touch()

    async def stop(self) -> None:
        if self.child is not None:
            await self.child.end(grace=2)
            (self._folder / "pid").unlink(missing_ok=True)
        if self._output is not None:
            self._output.close()
        if self._socket_folder != self._folder:
            shutil.rmtree(self._socket_folder, ignore_errors=True)

    @property
    def _storage(self) -> Path:
        return self._folder / "storage"

    @property
    def _ready_mark(self) -> Path:
        """Return the path of the file that exists if the first start was complete."""
        return self._folder / "ready"

    def _prepare_folder(self) -> None:
        """Make the folder and the statements of the first start, which alone can create the account.

        Raises StartError if the data belong to an account with another password.
        """
        accounts = self._folder / "accounts.sql"
        if self._ready_mark.exists():
            if self.address.password not in accounts.read_text():
                raise StartError(f"The database in {self._folder} has another password; delete that folder.")
            return
        shutil.rmtree(self._folder, ignore_errors=True)  # an interrupted start left it incomplete
        self._folder.mkdir(parents=True)
        write_private_file(accounts, _first_start_sql(self.address))

    def _configuration(self) -> Path:
        """Write the settings that have no command-line option. TOML accepts strings in JSON's form."""
        lines = [f"initialize-sql-file = {json.dumps(str(self._folder / 'accounts.sql'))}"]
        if self.address.certificate:
            chain, key = self._folder / "chain.pem", self._folder / "key.pem"
            write_private_file(chain, self._chain)
            write_private_file(key, self._key)
            lines += [
                "[security]",
                f"ssl-cert = {json.dumps(str(chain))}",
                f"ssl-key = {json.dumps(str(key))}",
            ]
        file = self._folder / "config.toml"
        write_private_file(file, "\n".join(lines) + "\n")
        return file


def find_tidb_server() -> str:
    """Return the path of tidb-server: from TIDB_SERVER, the newest that tiup installed, or on PATH.

    Raises StartError.
    """
    if named := os.environ.get("TIDB_SERVER"):
        if not os.access(named, os.X_OK):
            raise StartError(f"TIDB_SERVER names no program that can be run: {named}.")
        return str(Path(named).resolve())
    tiup = Path(os.environ.get("TIUP_HOME") or Path.home() / ".tiup")
    installed = sorted(tiup.glob("components/tidb/v*/tidb-server"), key=_version)
    found = str(installed[-1]) if installed else shutil.which("tidb-server")
    if found is None:
        raise StartError(_MISSING)
    return found


def _version(program: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", program.parent.name)]


def _first_start_sql(address: DatabaseAddress) -> str:
    """Return SQL that leaves one account, with a password.

    The account may also create databases whose names begin with `address.name`; tests use them. The tuner would
    collect garbage only from 48% of the machine's memory on; without it, a server takes a third to a half.
    """
    transport = "REQUIRE SSL" if address.certificate else ""
    return (
        "SET GLOBAL time_zone = '+00:00';\n"
        "SET GLOBAL tidb_enable_gogc_tuner = OFF;\n"
        f"CREATE USER '{address.user}'@'%' IDENTIFIED BY '{address.password}' {transport};\n"
        f"GRANT ALL ON `{address.name}%`.* TO '{address.user}'@'%';\n"
        f"CREATE DATABASE `{address.name}` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;\n"
        "DROP USER 'root'@'%';\n"
    )


if __name__ == "__main__":
    try:
        print(find_tidb_server())
    except DevcloudError as error:
        sys.exit(f"devcloud: {error}")
