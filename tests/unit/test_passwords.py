"""Hashes and the rules of a good password."""

import pytest
from argon2 import PasswordHasher

from falaai import passwords

WEAKER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1).hash("senha antiga")


def test_right_password_is_right_and_any_other_is_not() -> None:
    stored = passwords.hash_password("cavalo bateria grampo")
    assert passwords.is_right_password("cavalo bateria grampo", stored)
    assert not passwords.is_right_password("cavalo bateria grampo ", stored)


def test_no_account_costs_a_hash_and_is_never_right() -> None:
    assert not passwords.is_right_password("qualquer", None)


def test_dummy_hash_costs_what_a_fresh_hash_costs() -> None:
    assert not passwords.is_outdated(passwords.DUMMY_HASH)


def test_broken_hash_is_a_wrong_password() -> None:
    assert not passwords.is_right_password("qualquer", "não é um hash")


def test_weaker_hash_is_accepted_and_outdated() -> None:
    assert passwords.is_right_password("senha antiga", WEAKER)
    assert passwords.is_outdated(WEAKER)


@pytest.mark.parametrize("password", ["password1", "12345678", "SENHA123", "flamengo10"])
def test_common_password(password: str) -> None:
    assert passwords.is_common(password)


def test_uncommon_password() -> None:
    assert not passwords.is_common("cavalo bateria grampo")
