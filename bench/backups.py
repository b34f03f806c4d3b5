"""Time and memory of `make backup` and `make restore`, beside a bare read and a bare copy of the same rows.

Both programs run as an operator runs them, with encryption, into a folder. The second size is ten times the first:
memory must stay flat. Run: make bench PART=backups (DB=tidb)
"""

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from pymysql.cursors import SSCursor

from bench.built_stack import BuiltStack
from devcloud.database import DatabaseAddress
from falaai.connections import connect
from falaai.settings import DatabaseSettings
from tests.support.database_server import DATABASE
from tests.support.databases import create_database, environment
from tests.support.paths import ROOT

SIZES = (100_000, 1_000_000)  # messages
IN_CONVERSATION = 1000
STATEMENT_SECONDS = 600
LOOK_EVERY_SECONDS = 0.1
_NUMBERS = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %s)"


@dataclass(frozen=True)
class Run:
    """One run of a program: its seconds and its largest resident memory in MiB."""

    seconds: float
    mebibytes: int


def database_of(stack: BuiltStack) -> DatabaseSettings:
    address = stack.cloud.addresses["database"]
    return DatabaseSettings(**{f"db_{key}": address[key] for key in ("host", "port", "user", "password", "name")})


def add_messages(where: DatabaseSettings, user_id: int, count: int) -> None:
    """Add messages whose bytes hardly repeat: questions of about 90 bytes and replies of about 1,200."""
    with connect(where, STATEMENT_SECONDS) as connection, connection.cursor() as cursor:
        for _ in range(count // IN_CONVERSATION):
            cursor.execute(
                "INSERT INTO conversas (id_usuario, data_criacao, data_atualizacao, ultima_seq)"
                " VALUES (%s, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), %s)",
                (user_id, IN_CONVERSATION),
            )
            cursor.execute(
                f"INSERT INTO mensagens (id_conversa, seq, remetente, conteudo, data_envio) {_NUMBERS}"
                " SELECT %s, i, IF(i %% 2, 'usuario', 'ia'), IF(i %% 2, CONCAT('Pergunta ', MD5(RAND()),"
                " REPEAT('ç', 25)), CONCAT(SHA2(RAND(), 512), SHA2(RAND(), 512), SHA2(RAND(), 512),"
                " REPEAT('palavra ', 103))), UTC_TIMESTAMP(6) FROM n",
                (IN_CONVERSATION, cursor.lastrowid),
            )


def time_read(where: DatabaseSettings) -> float:
    """Return the seconds in which one statement reads all messages, row by row."""
    began = time.perf_counter()
    with connect(where, STATEMENT_SECONDS) as connection, connection.cursor(SSCursor) as cursor:
        cursor.execute("SELECT * FROM mensagens")
        for _ in cursor:
            pass
    return time.perf_counter() - began


def time_copy(where: DatabaseSettings) -> float:
    """Return the seconds in which the server copies all messages into another table, a conversation at a time."""
    with connect(where, STATEMENT_SECONDS) as connection, connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bare")
        cursor.execute("CREATE TABLE bare LIKE mensagens")
        cursor.execute("SELECT id FROM conversas")
        ids = [row["id"] for row in cursor.fetchall()]
        began = time.perf_counter()
        for one in ids:
            cursor.execute("INSERT INTO bare SELECT * FROM mensagens WHERE id_conversa = %s", (one,))
        seconds = time.perf_counter() - began
        cursor.execute("DROP TABLE bare")
    return seconds


def run(name: str, folder: Path, where: DatabaseSettings, *arguments: str) -> Run:
    """Run `operations.backup` or `operations.restore` until it ends. Raises RuntimeError if it fails."""
    variables = {**environment(where), "BACKUP_KEY": "k" * 40, "BACKUP_TO": str(folder), "BACKUP_PICTURES": "off"}
    variables["PYTHONPATH"] = os.pathsep.join(("devcloud/src", "layers/shared/python"))
    env_file = folder.parent / "env"
    env_file.touch()
    command = [sys.executable, "-m", f"operations.{name}", "dev", str(env_file), *arguments]
    began, peak = time.perf_counter(), 0
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=variables, stdout=output, stderr=subprocess.STDOUT)
        while process.poll() is None:
            peak = max(peak, _peak_kibibytes(process.pid))
            time.sleep(LOOK_EVERY_SECONDS)
        if process.returncode:
            output.seek(0)
            raise RuntimeError(f"{name} failed: {output.read()}")
    return Run(time.perf_counter() - began, peak // 1024)


def _peak_kibibytes(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM")), 0)


def table(stack: BuiltStack) -> str:
    where, stored = database_of(stack), 0
    lines = ["| | s | of the bare | MiB of memory |", "|---|---|---|---|"]
    for size in SIZES:
        add_messages(where, stack.user_id, size - stored)
        stored = size
        read, copied = time_read(where), time_copy(where)
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name) / "backups"
            backup = run("backup", folder, where)
            (made,) = folder.iterdir()
            mebibytes = sum(file.stat().st_size for file in made.iterdir()) / 2**20
            address = DatabaseAddress(**stack.cloud.addresses["database"])
            empty = create_database(address, f"{where.db_name}_restored")
            restore = run("restore", folder, empty, str(made))
        lines += [
            f"| backup of {size:,} messages ({mebibytes:,.0f} MiB) | {_cells(backup, read)} |",
            f"| restore of them | {_cells(restore, copied)} |",
        ]
    return "\n".join([*lines, "", f"Bare: one statement that reads all messages; a copy inside {DATABASE}."])


def _cells(done: Run, bare: float) -> str:
    return f"{done.seconds:.0f} | {done.seconds / bare:.1f} | {done.mebibytes}"
