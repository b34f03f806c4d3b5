"""docs/deploy.md, followed literally: each command of the page, in order, as a reader copies it.

AWS is moto, with recorded answers where moto has none; TiDB is the tests' database; the deployed address is devcloud.
"""

import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
import trustme

from tests.support.aws_in_front import aws_in_front, https_to
from tests.support.database_server import DatabaseServer
from tests.support.databases import create_database
from tests.support.paths import ROOT
from tests.support.releases import has_history, latest_release
from tests.support.running_cloud import RunningCloud
from tests.support.services import FakeService
from tests.support.terminal import at_a_terminal
from tests.support.tracked_files import tracked
from tests.support.translation import monitoring, translate

PAGE = ROOT / "docs/deploy.md"
# moto warns of resources that it does not make, such as alarms.
pytestmark = pytest.mark.filterwarnings("ignore")

# Commands that are not run, each with its reason.
NOT_RUN = {
    "make sam-local": "it needs Docker",
    "make destroy ENV=prod": "sam asks for the protection of a nested stack, which moto does not have; "
    "tests/integration/test_deployment.py runs the command",
}
# Answers to questions, in the order in which a command asks.
ANSWERS = {
    "make secrets ENV=prod": ["the password", "", "chave-do-gemini-000000000", "SG.chave-do-sendgrid-0000", ""],
    "make deploy ENV=prod": ["y"],
}
# sam, but its build takes a minute and has tests of its own (tests/template/test_build.py): this one links sources.
SAM = f"""#!/bin/sh
if [ "$1" = build ]; then
  mkdir -p .aws-sam/build && cp template.yaml monitoring.yaml .aws-sam/build && echo "Build Succeeded"
  for folder in functions layers; do ln -sfn "$PWD/$folder" .aws-sam/build/$folder; done
  exit 0
fi
exec {ROOT}/.devcloud/sam/bin/sam "$@"
"""


SAMS_OWN_STACK = {
    "Resources": {"SamCliSourceBucket": {"Type": "AWS::S3::Bucket"}},
    "Outputs": {"SourceBucket": {"Value": {"Ref": "SamCliSourceBucket"}}},
}


def commands(page: str) -> list[tuple[str, str]]:
    """Return each command of the page's console blocks, with the output that the page shows."""
    found: list[tuple[str, str]] = []
    for block in re.findall(r"```console\n(.*?)```", page, re.DOTALL):
        for one in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            first, _, rest = one.partition("\n")
            if "<<END" in first:
                text, _, output = one.partition("\nEND\n")
                found.append((f"{text}\nEND\n", output))
            else:
                found.append((first, rest))
    return found


@dataclass
class Reader:
    """A reader of the page in a clone of the project. `own` are values that the reader puts into exported lines."""

    folder: Path
    environment: dict[str, str]
    own: dict[str, str]
    exports: list[str] = field(default_factory=list)

    def run(self, command: str) -> str:
        """Run a command of the page. Returns everything on the screen."""
        if command.startswith("export "):
            self.exports.append(command)
            return ""
        given = [f"export {name}='{value}'" for name, value in self.own.items() if self._is_exported(name)]
        script = "\n".join([*self.exports, *given, command])
        prepare(self.folder)
        answers = ANSWERS.get(command, [])
        code, seen = at_a_terminal(["bash", "-c", script], self.environment, answers, self.folder)
        assert code == 0, f"{command}\n{seen}"
        return seen.replace("\r\n", "\n")

    def _is_exported(self, name: str) -> bool:
        return any(f" {name}=" in line for line in self.exports)


def prepare(folder: Path) -> None:
    """Link the installed tools into the clone, so that scripts/prepare.sh finds them installed."""
    for place, source, pins in (
        (".venv", ROOT / ".venv", "dev"),
        (".devcloud/sam", ROOT / ".devcloud/sam", "sam"),
    ):
        tools = folder / place
        tools.mkdir(parents=True, exist_ok=True)
        for one in source.iterdir():
            if one.name not in (".fingerprint", "bin" if pins == "sam" else "") and not (tools / one.name).exists():
                (tools / one.name).symlink_to(one)
        fingerprint = hashlib.sha256((folder / f"requirements/{pins}.txt").read_bytes()).hexdigest()
        (tools / ".fingerprint").write_text(fingerprint)
    programs = folder / ".devcloud/sam/bin"
    programs.mkdir(exist_ok=True)
    if not (programs / "sam").exists():
        (programs / "python").symlink_to(ROOT / ".devcloud/sam/bin/python")
        (programs / "sam").write_text(SAM)
        (programs / "sam").chmod(0o755)


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project as a reader has it: this state as a commit, and the latest release under its tag."""
    folder = tmp_path_factory.mktemp("reader") / "falaai"
    git = ["git", "-c", "user.name=reader", "-c", "user.email=reader@localhost.test", "-C", str(folder)]
    if has_history():
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
        subprocess.run([*git, "tag", "--force", "v0.1.0", latest_release()], check=True, capture_output=True)
    else:
        folder.mkdir()
        subprocess.run([*git, "init", "--quiet"], check=True)
    for name in tracked():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name, follow_symlinks=False)
    subprocess.run([*git, "add", "--all"], check=True)
    subprocess.run([*git, "checkout", "--quiet", "-B", "main"], check=True)
    subprocess.run([*git, "commit", "--quiet", "--allow-empty", "--message", "This state"], check=True)
    return folder


@pytest.fixture
def reader(
    clone: Path, cloud: RunningCloud, database_server: DatabaseServer, sendgrid: FakeService, tmp_path: Path
) -> Iterator[Reader]:
    where = create_database(database_server.address, "falaai_db_page")
    ANSWERS["make secrets ENV=prod"][0] = where.db_password.get_secret_value()
    profiles = {
        "AWS_CONFIG_FILE": "[profile mine]\n",
        "AWS_SHARED_CREDENTIALS_FILE": "[mine]\naws_access_key_id = reader\naws_secret_access_key = reader\n",
    }
    for name, text in profiles.items():
        (tmp_path / name).write_text(text)
    hosts = ("*.execute-api.us-east-1.amazonaws.com", "chat.example.org")
    with (
        aws_in_front(lambda: translate(root=clone)) as aws,
        https_to(cloud.gateway, "live", hosts, tmp_path) as https,
    ):
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "TERM": "dumb",
            "AWS_ENDPOINT_URL": aws,
            # Not on the page: the tests' database has a port and a name of its own.
            "DB_PORT": str(where.db_port),
            "DB_NAME": where.db_name,
            "SENDGRID_BASE_URL": sendgrid.url,
            **{name: str(tmp_path / name) for name in profiles},
            **https,
        }
        own = {"DATABASE_HOST": where.db_host, "DATABASE_USER": where.db_user, **things_at_aws(aws)}
        yield Reader(clone, environment, own)


def things_at_aws(address: str) -> dict[str, str]:
    """Empty the account, and make what a reader has in it: a certificate, a zone, and the code of the translation."""
    httpx.post(f"{address}/moto-api/reset").raise_for_status()

    def client(service: str) -> Any:
        keys = {"aws_access_key_id": "reader", "aws_secret_access_key": "reader"}
        return boto3.client(service, endpoint_url=address, region_name="us-east-1", **keys)  # type: ignore[call-overload]

    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("app.py", "")
    client("s3").create_bucket(Bucket="artifacts")
    client("s3").create_bucket(Bucket="my-backups")
    client("s3").put_object(Bucket="artifacts", Key="code.zip", Body=code.getvalue())
    client("s3").put_object(Bucket="artifacts", Key="monitoring.yaml", Body=json.dumps(monitoring()).encode())
    # sam's own bucket, as after any earlier use of sam: moto forgets the tags of a stack that a change set creates.
    client("cloudformation").create_stack(
        StackName="aws-sam-cli-managed-default",
        TemplateBody=json.dumps(SAMS_OWN_STACK),
        Tags=[{"Key": "ManagedStackSource", "Value": "AwsSamCli"}],
    )
    issued = trustme.CA().issue_cert("chat.example.org", common_name="chat.example.org")
    certificate = client("acm").import_certificate(
        Certificate=issued.cert_chain_pems[0].bytes(), PrivateKey=issued.private_key_pem.bytes()
    )["CertificateArn"]
    zone = client("route53").create_hosted_zone(Name="example.org", CallerReference="1")["HostedZone"]["Id"]
    return {"CERTIFICATE": certificate, "ZONE": zone.rpartition("/")[2]}


def test_every_command_of_the_page_works_as_it_is_written(reader: Reader) -> None:
    page = commands(PAGE.read_text(encoding="utf-8"))
    assert len(page) >= 12
    ran = []
    for command, shown in page:
        if command in NOT_RUN or (command.startswith("git checkout") and not has_history()):
            continue
        seen = reader.run(command)
        ran.append(command)
        if command == "make secrets ENV=prod":
            assert seen.replace(": \n", ":\n") == shown.rstrip("\n") + "\n"
        for line in shown.splitlines() if command != "make secrets ENV=prod" else ():
            assert_shown(line, seen)
    assert ran.count("make deploy ENV=prod") == 4


def assert_shown(line: str, seen: str) -> None:
    """Fail unless a line of the page is on the screen. `…` is any text; ids of this account are not the page's."""
    pattern = re.escape(line.strip())
    for example in ("123456789012", "ab12cd34ef", "CREATE_COMPLETE"):
        pattern = pattern.replace(example, r"\w+")
    assert re.search(pattern.replace("…", ".*"), seen), f"not on the screen: {line}\n{seen}"
