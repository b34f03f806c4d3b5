"""Command line: `devcloud [TEMPLATE]`, also as `python -m devcloud`."""

import argparse
import asyncio
import os
import signal
import sys
from pathlib import Path

from devcloud.cloud import Cloud
from devcloud.console import Console
from devcloud.databases import DATABASES
from devcloud.errors import DevcloudError
from devcloud.services import Options
from devcloud.services_only import ServicesOnly


def main() -> int:
    """Run until Ctrl-C, SIGTERM or SIGHUP. Returns the exit code."""
    try:
        return asyncio.run(_run(_options()))
    except DevcloudError as error:
        print(f"devcloud: {error}", file=sys.stderr)
        return 1


async def _run(options: Options) -> int:
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stopped.set)
    running = asyncio.create_task(_serve_until(stopped, options))
    signalled = asyncio.create_task(stopped.wait())
    await asyncio.wait([running, signalled], return_when=asyncio.FIRST_COMPLETED)
    signalled.cancel()
    # A signal may arrive during the start. Cancelling also stops the services that already run.
    running.cancel()
    await asyncio.wait([running])
    if not running.cancelled():
        running.result()
    return 0


async def _serve_until(stopped: asyncio.Event, options: Options) -> None:
    kind = ServicesOnly if options.services_only else Cloud
    async with kind(options, Console()):
        await stopped.wait()


def command() -> None:
    """Entry point of the installed command."""
    sys.exit(main())


def _options() -> Options:
    parser = argparse.ArgumentParser(prog="devcloud", description=sys.modules["devcloud"].__doc__)
    parser.add_argument(
        "template", nargs="?", type=Path,
        help="template to run; its folder is the project. Without it, the project is the current folder",
    )  # fmt: skip
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=8000, help="port of the API Gateway; 0 takes a free one")
    parser.add_argument("--lambda-port", type=int, default=0, help="port of Lambda's Invoke API; 0 takes a free one")
    parser.add_argument(
        "--service-port",
        action="append",
        default=[],
        metavar="NAME=PORT",
        help="port of one of the project's services",
    )
    parser.add_argument(
        "--env-file", type=Path, help="file of settings that override all others; .env of the project"
    )
    parser.add_argument("--data", type=Path, help="folder for the database and the secrets; .devcloud of the project")
    parser.add_argument(
        "--stage", default="", metavar="NAME", help="serve under /NAME, as API Gateway's default domain does"
    )
    parser.add_argument("--no-reload", action="store_true", help="do not restart functions when their source changes")
    parser.add_argument("--built", action="store_true", help="run the output of `sam build`, not the sources")
    parser.add_argument(
        "--services-only", action="store_true", help="start the services without functions, for `sam local`"
    )
    parser.add_argument("--bind", default="127.0.0.1", metavar="ADDRESS", help="address that the services listen on")
    parser.add_argument(
        "--parameter", action="append", default=[], metavar="NAME=VALUE", help="value of a template parameter"
    )
    parser.add_argument("--database", choices=DATABASES, default="mariadb", help="database server to start")
    parser.add_argument(
        "--foreign-requests",
        action="store_true",
        help="let the gateway accept requests from foreign hosts and sites, to test how functions refuse them",
    )
    parser.add_argument(
        "--adapter", type=Path, metavar="PROGRAM",
        help="build of the AWS Lambda Web Adapter to run web functions with, instead of its emulation",
    )  # fmt: skip
    given = parser.parse_args()
    if given.adapter and not os.access(given.adapter, os.X_OK):
        parser.error(f"--adapter must be a program, not {given.adapter}")
    root = given.template.resolve().parent if given.template else Path.cwd()
    return Options(
        root=root,
        template=given.template and given.template.resolve(),
        host=given.host,
        port=given.port,
        lambda_port=given.lambda_port,
        env_file=(given.env_file or root / ".env").resolve(),
        data=(given.data or root / ".devcloud").resolve(),
        stage=given.stage.strip("/"),
        reload=not given.no_reload,
        built=given.built,
        services_only=given.services_only,
        bind=given.bind,
        foreign_requests=given.foreign_requests,
        database=given.database,
        adapter=given.adapter and given.adapter.resolve(),
        parameters=dict(_pair(one, parser) for one in given.parameter),
        service_ports=dict(_service_port(one, parser) for one in given.service_port),
    )


def _service_port(written: str, parser: argparse.ArgumentParser) -> tuple[str, int]:
    name, equals, port = written.partition("=")
    if not name or not equals or not port.isdecimal():
        parser.error(f"--service-port must be NAME=PORT, not {written}")
    return name, int(port)


def _pair(written: str, parser: argparse.ArgumentParser) -> tuple[str, str]:
    name, equals, value = written.partition("=")
    if not name or not equals:
        parser.error(f"--parameter must be NAME=VALUE, not {written}")
    return name, value


if __name__ == "__main__":
    sys.exit(main())
