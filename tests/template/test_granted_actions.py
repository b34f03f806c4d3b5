"""The check at the end of a run: which actions of the functions' roles were used, refused or neither."""

from typing import Any

import pytest

from tests.support import granted_actions
from tests.support.granted_actions import UNUSED, Grant, grants, refused, unused


def used(grant: Grant, *, is_allowed: bool = True) -> dict[str, Any]:
    resource = grant.resource.replace("*", "one")
    return {"function": grant.function, "action": grant.action, "resource": resource, "is_allowed": is_allowed}


NEEDED = [grant for grant in grants() if not grant.reason]


def test_run_that_used_everything_is_clean() -> None:
    assert len(NEEDED) > 20
    assert [*unused([used(grant) for grant in NEEDED], grants())] == []


@pytest.mark.parametrize("grant", NEEDED, ids=str)
def test_each_action_that_no_test_used_is_named(grant: Grant) -> None:
    (sentence,) = unused([used(one) for one in NEEDED if one != grant], grants())
    assert sentence.startswith(f"{grant}: never used")


def test_action_of_one_function_does_not_count_for_another() -> None:
    other = [used(grant) | {"function": "OtherFunction"} for grant in NEEDED]
    assert len([*unused(other, grants())]) == len(NEEDED)


def test_reason_without_such_an_action_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    everything = [used(grant) for grant in NEEDED]
    monkeypatch.setattr(granted_actions, "UNUSED", {**UNUSED, ("AuthFunction", "s3:ListBucket", "*"): "a reason"})
    (sentence,) = unused(everything, grants())
    assert "UNUSED names AuthFunction s3:ListBucket *" in sentence


def test_refused_action_is_named() -> None:
    (sentence,) = refused([used(NEEDED[0]), used(NEEDED[1], is_allowed=False)])
    assert sentence.startswith(f"{NEEDED[1].function} was refused {NEEDED[1].action}")
