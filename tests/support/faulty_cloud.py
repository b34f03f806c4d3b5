"""A separate devcloud with a fault proxy before each dependency, and a database that can be restarted."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.support.database_server import DatabaseServer
from tests.support.fault_proxy import FaultProxy, fault_proxy
from tests.support.running_cloud import RunningCloud, start_cloud

SETTINGS = {
    "DAILY_MESSAGES": "1000000",
    "DAILY_CEILING": "1000000",
    "MESSAGE_SECONDS": "12",
    "STREAM_SECONDS": "12",
    "GEMINI_API_KEY": "k" * 30,
    "SENDGRID_API_KEY": "k" * 30,
    "AWS_DEFAULT_REGION": "sa-east-1",  # same AWS emulator as the other tests, but separate queues
}


@dataclass
class FaultyCloud:
    """A cloud, the proxies that can break it, and the cloud whose inbox receives its emails (`inbox_of`)."""

    cloud: RunningCloud
    inbox_of: RunningCloud
    server: DatabaseServer
    database: FaultProxy
    gemini: FaultProxy
    sendgrid: FaultProxy
    aws: FaultProxy

    def restore(self) -> None:
        for proxy in (self.database, self.gemini, self.sendgrid, self.aws):
            proxy.passing()


@contextmanager
def faulty_cloud(data: Path, other: RunningCloud) -> Iterator[FaultyCloud]:
    """Start a faulty cloud. It uses the fakes and the AWS emulator of `other`."""
    server = DatabaseServer(data / "server")
    with ExitStack() as stack:
        stack.callback(server.stop)
        database = stack.enter_context(fault_proxy(server.address.host, server.address.port))
        proxies = [stack.enter_context(_proxy_to(other.addresses[name])) for name in ("gemini", "sendgrid", "aws")]
        urls = [f"http://{proxy.address[0]}:{proxy.address[1]}" for proxy in proxies]
        names = ("GEMINI_BASE_URL", "SENDGRID_BASE_URL", "AWS_ENDPOINT_URL")
        env = SETTINGS | dict(zip(names, urls, strict=True)) | _database_settings(server, database)
        (data / "env").write_text("".join(f"{name}={value}\n" for name, value in env.items()))
        cloud = start_cloud(data / "cloud", env_file=data / "env")
        cloud.addresses["database"] = asdict(server.address)  # tests read the rows without the proxy
        faulty = FaultyCloud(cloud, other, server, database, *proxies)
        yield faulty
        faulty.restore()
        assert cloud.stop() == 0


def _proxy_to(url: str) -> Any:
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.port is not None
    return fault_proxy(parts.hostname, parts.port)


def _database_settings(server: DatabaseServer, proxy: FaultProxy) -> dict[str, str]:
    address = server.address
    return {
        "DB_HOST": proxy.address[0],
        "DB_PORT": str(proxy.address[1]),
        "DB_USER": address.user,
        "DB_PASSWORD": address.password,
        "DB_NAME": address.name,
    }
