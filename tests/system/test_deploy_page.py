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
    "make sam-local": "it needs a container engine, and AWS's image of the runtime from a registry on the internet",
}
# Answers to questions, in the order in which a command asks.
ANSWERS = {
    "make secrets ENV=prod": ["the password", "", "chave-do-gemini-000000000", "SG.chave-do-sendgrid-0000", ""],
    "make deploy ENV=prod": ["y"],
    "make destroy ENV=prod": ["falaai-prod"],
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
    aws: str
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

    def client(self, service: str) -> Any:
        return client(self.aws, service)

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
def clone(module_tmp_path: Path) -> Path:
    """The project as a reader has it: this state as a commit, and the latest release under its tag."""
    folder = module_tmp_path / "falaai"
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
        yield Reader(clone, environment, own, aws)


def client(address: str, service: str) -> Any:
    keys = {"aws_access_key_id": "reader", "aws_secret_access_key": "reader"}
    return boto3.client(service, endpoint_url=address, region_name="us-east-1", **keys)  # type: ignore[call-overload]


def things_at_aws(address: str) -> dict[str, str]:
    """Empty the account, and make what a reader has in it: a certificate, a zone, and the code of the translation."""
    httpx.post(f"{address}/moto-api/reset").raise_for_status()
    s3, cloudformation = client(address, "s3"), client(address, "cloudformation")
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("app.py", "")
    s3.create_bucket(Bucket="artifacts")
    s3.create_bucket(Bucket="my-backups")
    s3.put_object(Bucket="artifacts", Key="code.zip", Body=code.getvalue())
    s3.put_object(Bucket="artifacts", Key="monitoring.yaml", Body=json.dumps(monitoring()).encode())
    # sam's own bucket, as after any earlier use of sam: moto forgets the tags of a stack that a change set creates.
    cloudformation.create_stack(
        StackName="aws-sam-cli-managed-default",
        TemplateBody=json.dumps(SAMS_OWN_STACK),
        Tags=[{"Key": "ManagedStackSource", "Value": "AwsSamCli"}],
    )
    issued = trustme.CA().issue_cert("chat.example.org", common_name="chat.example.org")
    certificate = client(address, "acm").import_certificate(
        Certificate=issued.cert_chain_pems[0].bytes(), PrivateKey=issued.private_key_pem.bytes()
    )["CertificateArn"]
    zone = client(address, "route53").create_hosted_zone(Name="example.org", CallerReference="1")["HostedZone"]["Id"]
    return {"CERTIFICATE": certificate, "ZONE": zone.rpartition("/")[2]}


def test_every_command_of_the_page_works_as_it_is_written(reader: Reader) -> None:
    page = commands(PAGE.read_text(encoding="utf-8"))
    assert len(page) >= 12
    ran = []
    for command, shown in page:
        if command in NOT_RUN or (command.startswith("git checkout") and not has_history()):
            continue
        if command == "make destroy ENV=prod":
            use(reader)
        seen = reader.run(command)
        ran.append(command)
        if command == "make secrets ENV=prod":
            assert seen.replace(": \n", ":\n") == shown.rstrip("\n") + "\n"
        for line in shown.splitlines() if command != "make secrets ENV=prod" else ():
            assert_shown(line, seen)
    assert ran.count("make deploy ENV=prod") == 4
    assert ran[-1] == "make destroy ENV=prod"
    assert_only_the_named_parts_are_left(reader, seen)


def use(reader: Reader) -> None:
    """Leave in the deployment what users and operators leave: a picture, an archive, versions of both, a message."""
    s3 = reader.client("s3")
    (bucket,) = {one["Name"] for one in s3.list_buckets()["Buckets"] if "picturesbucket" in one["Name"]}
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for key in ("pictures/1", "pictures/1", "exports/1"):
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    s3.delete_object(Bucket=bucket, Key="exports/1")
    s3.put_object(Bucket=sams_bucket(reader), Key="falaai-dev/code", Body=b"of another deployment")
    assert names_of(reader, "falaai-prod/"), "sam has uploaded nothing"
    sqs = reader.client("sqs")
    sqs.send_message(QueueUrl=sqs.list_queues()["QueueUrls"][0], MessageBody="{}")


def sams_bucket(reader: Reader) -> str:
    stacks = reader.client("cloudformation").describe_stacks(StackName="aws-sam-cli-managed-default")["Stacks"]
    return str(stacks[0]["Outputs"][0]["OutputValue"])


def names_of(reader: Reader, prefix: str) -> list[str]:
    """Return the objects in sam's bucket under a prefix."""
    found = reader.client("s3").list_objects_v2(Bucket=sams_bucket(reader), Prefix=prefix)
    return [one["Key"] for one in found.get("Contents", [])]


def assert_only_the_named_parts_are_left(reader: Reader, seen: str) -> None:
    """Compare the account with the list that `make destroy` has printed.

    moto keeps the API and the managed policies of a deleted stack, so these two are not compared.
    """
    assert "destroy: 4 files deleted" in seen
    stacks = reader.client("cloudformation").describe_stacks()["Stacks"]
    assert [one["StackName"] for one in stacks] == ["aws-sam-cli-managed-default"]
    assert reader.client("lambda").list_functions()["Functions"] == []
    assert reader.client("sqs").list_queues().get("QueueUrls", []) == []
    assert reader.client("logs").describe_log_groups()["logGroups"] == []
    assert reader.client("iam").list_roles()["Roles"] == []
    buckets = {one["Name"] for one in reader.client("s3").list_buckets()["Buckets"]}
    assert buckets == {"artifacts", "my-backups", sams_bucket(reader)}
    assert (names_of(reader, "falaai-prod/"), names_of(reader, "falaai-dev/")) == ([], ["falaai-dev/code"])
    # The secrets stay, and the printed command names each of them but the key of the backups.
    ssm = reader.client("ssm")
    kept = {one["Name"] for one in ssm.describe_parameters()["Parameters"]}
    printed = re.search(r"aws ssm delete-parameters --names (.*)", seen)
    assert printed
    assert kept == {*printed[1].split(), "/falaai/prod/BACKUP_KEY"}
    assert ssm.delete_parameters(Names=printed[1].split())["InvalidParameters"] == []


def assert_shown(line: str, seen: str) -> None:
    """Fail unless a line of the page is on the screen. `…` is any text; ids of this account are not the page's."""
    pattern = re.escape(line.strip())
    for example in ("123456789012", "ab12cd34ef", "CREATE_COMPLETE"):
        pattern = pattern.replace(example, r"\w+")
    assert re.search(pattern.replace("…", ".*"), seen), f"not on the screen: {line}\n{seen}"
