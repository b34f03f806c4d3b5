"""Private MariaDB server with its data in devcloud's data folder."""

import asyncio
import contextlib
import itertools
import os
import shutil
import signal
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from devcloud.certificate import make_certificate
from devcloud.errors import StartError
from devcloud.http_server import free_port
from devcloud.processes import Child, clean_environment, start_child, wait_unless_exited
from devcloud.secret_store import SecretStore, write_private_file

USER = "devcloud"
# macOS limits the path of a unix socket to 104 bytes, including the final NUL; Linux to 108.
_MAX_SOCKET_PATH_BYTES = 103
# MariaDB 10 begins the names of its SQL files with the first word, MariaDB 11 with the second.
_PREFIXES = ("mysql", "mariadb")
_SYSTEM_TABLES = ("system_tables.sql", "performance_tables.sql", "system_tables_data.sql")
_EXIT_PROBE_SECONDS = 0.05
_INSTALL = "install MariaDB (Debian: mariadb-server-core; macOS: brew install mariadb)"
# The default sql_mode of TiDB 8 and of MySQL 8.
_SQL_MODE = (
    "ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,"
    "ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION"
)
_MEMORY_OPTIONS = [
    "--innodb-buffer-pool-size=128M", "--innodb-log-file-size=8M", "--innodb-flush-log-at-trx-commit=2",
    "--innodb-data-file-path=ibdata1:4M:autoextend", "--innodb-temp-data-file-path=ibtmp1:4M:autoextend",
    "--key-buffer-size=1M", "--aria-pagecache-buffer-size=4M", "--performance-schema=OFF", "--skip-log-bin",
]  # fmt: skip


@dataclass(frozen=True)
class DatabaseAddress:
    """Address and account of the database. `certificate` is the PEM of its authority; it is empty without TLS."""

    host: str
    port: int
    user: str
    password: str
    name: str
    socket: str
    certificate: str = ""


class Database:
    """One MariaDB server. `address` is valid before `start()`, which returns when the server accepts connections."""

    def __init__(self, data: Path, name: str, secrets: SecretStore, host: str = "127.0.0.1") -> None:
        self._folder = data / "database"
        # Never share this folder: a starting server deletes all temporary tables in it, also those of other servers.
        self._temporary = data / "database-temporary"
        self.child: Child | None = None
        self._socket_folder = socket_folder(self._folder)
        path = str(self._socket_folder / "socket")
        # On a loopback address TLS is not needed; on any other address it is required.
        authority, self._chain, self._key = ("", "", "") if host == "127.0.0.1" else make_certificate(host)
        password = secrets.get("database password")
        self.address = DatabaseAddress(host, free_port(host), USER, password, name, path, authority)

    async def start(self) -> None:
        program = find_mariadbd()
        await end_orphaned_server(self._folder / "pid", f"--datadir={self._folder}")
        self._temporary.mkdir(parents=True, exist_ok=True)
        if not (self._folder / "ready").exists():
            await self._create(program)
        await self._serve(program)

    async def stop(self) -> None:
        if self.child is not None:
            await self.child.end(grace=2)
        if self._socket_folder != self._folder:
            shutil.rmtree(self._socket_folder, ignore_errors=True)

    async def _create(self, program: str) -> None:
        """Create the system tables, as mariadb-install-db does, but without the client programs that it requires."""
        if self._folder.exists():
            shutil.rmtree(self._folder)  # an interrupted start left it incomplete
        self._folder.mkdir(parents=True)
        statements = self._folder.parent / "system_tables.sql"
        statements.write_text(_system_tables_sql(Path(program)))
        with statements.open("rb") as file:
            child = await start_child(
                [program, *self._options(), "--bootstrap", "--log-warnings=0"],
                environment=clean_environment({}), folder=self._folder, input_file=file.fileno(),
            )  # fmt: skip
            try:
                code = await child.wait()
            finally:
                await child.end(grace=0)  # a start that is cancelled here leaves no process behind
        statements.unlink()
        if code:
            raise StartError(f"mariadbd could not create its system tables: {_last_error(child)}")
        (self._folder / "ready").touch()

    async def _serve(self, program: str) -> None:
        address = self.address
        accounts = self._folder / "accounts.sql"
        write_private_file(accounts, _accounts_sql(address))
        ready = asyncio.Event()
        self.child = await start_child(
            [program, *self._options(), f"--init-file={accounts}", f"--socket={address.socket}",
             f"--port={address.port}", f"--bind-address={address.host}", f"--pid-file={self._folder / 'pid'}",
             "--character-set-server=utf8mb4", "--collation-server=utf8mb4_bin", "--skip-name-resolve",
             f"--sql-mode={_SQL_MODE}", "--default-time-zone=+00:00", *self._tls()],
            environment=clean_environment({}), folder=self._folder, death_signal="TERM",
            on_line=lambda line: ready.set() if "ready for connections" in line else None,
        )  # fmt: skip
        if await wait_unless_exited(self.child, ready.wait()) is None:
            raise StartError(f"The database server stopped while starting: {_last_error(self.child)}")

    def _tls(self) -> list[str]:
        if not self.address.certificate:
            return []
        file = self._folder / "tls.pem"
        write_private_file(file, self._chain + self._key)
        return [f"--ssl-cert={file}", f"--ssl-key={file}", "--require-secure-transport=ON"]

    def _options(self) -> list[str]:
        user = ["--user=root"] if os.geteuid() == 0 else []
        return ["--no-defaults", *user, f"--datadir={self._folder}", f"--tmpdir={self._temporary}", *_MEMORY_OPTIONS]


def socket_folder(folder: Path) -> Path:
    """Return `folder` if a socket in it has a path that is short enough, or else a new temporary folder."""
    if len(os.fsencode(folder / "socket")) <= _MAX_SOCKET_PATH_BYTES:
        return folder
    return Path(tempfile.mkdtemp(prefix="devcloud-"))


async def end_orphaned_server(pid_file: Path, argument: str) -> None:
    """Stop a server that a killed devcloud left running. `argument` in its command line proves that it is ours."""
    if not pid_file.exists():
        return
    pid = int(pid_file.read_text().strip() or 0)
    if pid and argument in await _command_line(pid):
        await _terminate_process(pid)
    pid_file.unlink(missing_ok=True)


async def _command_line(pid: int) -> str:
    """Return the arguments of a process, or "" if there is none."""
    file = Path(f"/proc/{pid}/cmdline")
    if sys.platform == "linux":
        return file.read_text(errors="replace").replace("\0", " ") if file.exists() else ""
    child = await asyncio.create_subprocess_exec(
        "ps", "-ww", "-o", "command=", "-p", str(pid), stdout=asyncio.subprocess.PIPE
    )
    output, _ = await child.communicate()
    return output.decode(errors="replace")


async def _terminate_process(pid: int) -> None:
    """Stop a process that is not our child: SIGTERM, after 10 seconds SIGKILL. Wait until it has exited."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
        try:
            await asyncio.wait_for(_wait_for_exit(pid), 10)
        except TimeoutError:
            os.kill(pid, signal.SIGKILL)
            await _wait_for_exit(pid)


async def _wait_for_exit(pid: int) -> None:
    if sys.platform != "linux":  # only Linux has pidfd; signal 0 fails when the process is gone
        while True:
            os.kill(pid, 0)
            await asyncio.sleep(_EXIT_PROBE_SECONDS)
    descriptor = os.pidfd_open(pid)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(descriptor, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)


def find_mariadbd() -> str:
    """Return the path of mariadbd: on PATH, in Debian's folders, or where Homebrew installs it. Raises StartError."""
    folders = [os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"]
    folders += ["/opt/homebrew/opt/mariadb/bin", "/usr/local/opt/mariadb/bin"]
    program = shutil.which("mariadbd", path=os.pathsep.join(folders))
    if program is None:
        raise StartError(f"The program mariadbd is missing; {_INSTALL}.")
    return program


def share_folders(program: Path) -> list[Path]:
    """Return the folders that may hold mariadbd's SQL files: beside the program, then Debian's.

    Homebrew's program is a link into its own folder, so both the link's and the program's neighbours are searched.
    """
    bases = list(dict.fromkeys([program.parent.parent, program.resolve().parent.parent, Path("/usr")]))
    return [base / "share" / name for base in bases for name in ("mysql", "mariadb", ".")]


def _system_tables_sql(program: Path) -> str:
    for folder, prefix in itertools.product(share_folders(program), _PREFIXES):
        files = [folder / f"{prefix}_{name}" for name in _SYSTEM_TABLES]
        if all(file.exists() for file in files):
            text = "\n".join(file.read_text() for file in files)
            # Leave out the root accounts for this machine's host name.
            kept = (line for line in text.splitlines() if "@current_hostname" not in line)
            return "create database mysql;\nuse mysql;\nset @auth_root_socket=NULL;\n" + "\n".join(kept) + "\n"
    raise StartError(f"The SQL files of {program} are missing; {_INSTALL}.")


def _accounts_sql(address: DatabaseAddress) -> str:
    """Return SQL that leaves one account, with a password. The server runs it at each start, before it listens.

    The account may also create databases whose names begin with `address.name`; tests use them.
    """
    return (
        "DELETE FROM mysql.global_priv WHERE User IN ('root', '');\nFLUSH PRIVILEGES;\n"
        f"CREATE OR REPLACE USER '{address.user}'@'%' IDENTIFIED BY '{address.password}';\n"
        f"GRANT ALL ON `{address.name}%`.* TO '{address.user}'@'%';\n"
        f"CREATE DATABASE IF NOT EXISTS `{address.name}` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;\n"
    )


def _last_error(child: Child) -> str:
    errors = [line for line in child.tail if "ERROR" in line and not line.endswith("Aborting")]
    return (errors or list(child.tail) or ["it printed nothing"])[-1]
