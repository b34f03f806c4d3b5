"""The smoke test of `make deploy`, against the product itself."""

import pytest

from operations import smoke
from tests.support.running_cloud import RunningCloud


def test_smoke_test_accepts_a_deployment_that_works(cloud: RunningCloud, capsys: pytest.CaptureFixture[str]) -> None:
    assert smoke.main(cloud.gateway) == 0, capsys.readouterr().err


def test_smoke_test_refuses_a_deployment_whose_stream_is_not_the_wanted_one(
    cloud: RunningCloud, capsys: pytest.CaptureFixture[str]
) -> None:
    assert smoke.main(cloud.gateway, "off") == 1
    assert "POST /chat/stream answered 401 instead of 404" in capsys.readouterr().err
