"""Hashes and the rules of a good password."""

import time

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


COMMON = (
    *("password1", "12345678", "SENHA123", "flamengo10", "987654321", "00000000", "88888888", "12341234"),
    *("123123123", "aaaaaaaa", "abcdefgh", "michelle", "jennifer", "senha@123", "deus1234", "familia123"),
    *("qwertyuiop", "11111111", "1q2w3e4r", "asdfghjkl", "brasil123", "corinthians", "iloveyou1"),
    *("sunshine1", "Password1", "Passw0rd", "p@ssw0rd", "admin1234", "princesa1", "estrela123"),
    *("gabriel123", "amorzinho", "eusoudeus", "meuamor123", "jesus1234", "19851985", "01012000"),
    *("maria123", "joao1234", "lucas123", "senhasenha", "senha2024", "mudar1234", "minhasenha"),
    *("senha12345", "brasil2026", "palmeiras1", "saopaulo1", "vascodagama", "gremio123", "mudar@123"),
    *("teste123", "jesuscristo", "deusefiel", "euteamo1", "teamomuito", "parabens1", "qwerty123"),
    *("abcd1234", "abc12345", "102030405060"),
)


@pytest.mark.parametrize("password", COMMON)
def test_common_password(password: str) -> None:
    assert passwords.is_common(password)


@pytest.mark.parametrize(
    "password", ["cavalo bateria grampo", "Tr4vessia-noturna", "x7#kQ9!vLm", "pão de queijo às sete"]
)
def test_uncommon_password(password: str) -> None:
    assert not passwords.is_common(password)


def test_longest_password_is_judged_in_bounded_work() -> None:
    for pattern in ("aA1!", "ab", "a", "2020", "é"):
        began = time.process_time()
        passwords.is_common((pattern * passwords.MAX_CHARACTERS)[: passwords.MAX_CHARACTERS])
        assert time.process_time() - began < 1
