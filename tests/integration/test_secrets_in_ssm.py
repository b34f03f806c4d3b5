"""A secret may be the name of an SSM parameter, read through Powertools from moto's SSM."""

import boto3
import pytest

from falaai import settings
from falaai.errors import SettingsError
from tests.conftest import RunningCloud


@pytest.fixture(autouse=True)
def _aws(cloud: RunningCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.read.cache_clear()
    for name, value in {
        "AWS_ENDPOINT_URL": str(cloud.addresses["aws"]),
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }.items():
        monkeypatch.setenv(name, value)


def test_parameter_is_read_and_decrypted(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "s" * 40
    boto3.client("ssm").put_parameter(Name="/falaai/test/SESSION", Value=secret, Type="SecureString", Overwrite=True)
    monkeypatch.setenv("SESSION_SECRET_KEY", "ssm:/falaai/test/SESSION")
    assert settings.read(settings.SessionSettings).session_secret_key.get_secret_value() == secret


def test_weak_parameter_is_refused_like_a_weak_value(monkeypatch: pytest.MonkeyPatch) -> None:
    boto3.client("ssm").put_parameter(Name="/falaai/test/WEAK", Value="curta", Type="SecureString", Overwrite=True)
    monkeypatch.setenv("SESSION_SECRET_KEY", "ssm:/falaai/test/WEAK")
    with pytest.raises(SettingsError, match="SESSION_SECRET_KEY is too short"):
        settings.read(settings.SessionSettings)


def test_missing_parameter_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SESSION_SECRET_KEY", "ssm:/falaai/test/NOWHERE")
    with pytest.raises(SettingsError, match="SESSION_SECRET_KEY names the SSM parameter /falaai/test/NOWHERE"):
        settings.read(settings.SessionSettings)
