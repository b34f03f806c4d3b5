"""Hashes and the rules of a good password."""

import pytest
from argon2 import PasswordHasher

from falaai_auth import passwords
from tests.support.cpu_time import cpu_seconds

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


COMMON = """
    12345678 123456789 1234567890 987654321 0123456789 00000000 11111111 88888888 11223344 12341234
    123123123 147258369 102030405060 10203040 1q2w3e4r 1qaz2wsx qwertyui qwertyuiop qwerty123 asdfghjkl
    zxcvbnm123 aaaaaaaa abcdefgh abcd1234 abc12345 a1b2c3d4 password password1 passw0rd P@ssw0rd
    iloveyou iloveyou1 sunshine princess football baseball superman starwars whatever computer internet
    michelle jennifer jessica1 gabriel123 rafael123 fernanda anajulia senha123 SENHA123 senha1234
    senha12345 senha@123 Senha@2024 senha2025 s3nh@123 minhasenha minhasenha123 1234senha mudar123
    mudar@123 Mudar@2025 trocar123 teste123 teste1234 acesso123 admin123 admin@123 abc@1234 brasil123
    brasil2026 Brasil@2026 flamengo flamengo1 flamengo10 Fl@mengo10 flamengo2019 corinthians
    corinthians1 corinthians1910 palmeiras1 palmeiras123 saopaulo1 vascodagama vasco1898 gremio123
    cruzeiro1 botafogo1 santos123 jesus123 jesuscristo jesuscristo1 deus1234 deusefiel deusefiel1
    deuséfiel familia1 familia123 família123 euteamo1 euteamo123 teamomuito teamo123 meuamor123
    minhavida amor1234 parabens1 felicidade princesa1 sunshine1 Password1 admin1234 estrela123 amorzinho
    eusoudeus jesus1234 19851985 01012000 maria123 joao1234 lucas123 senhasenha senha2024 mudar1234
""".split()  # noqa: SIM905 - a list of words is read as text
RARE = [
    "cavalo bateria grampo",
    "cavalo bateria",
    "outra senha comprida",
    "senha de antes",
    "a senha certa",
    "Canário-Senha-1",
    "  espaços  ",
    "çãéíõúüñ",
    "não é esta",
    "meu vizinho toca oboé",
    "Xk7#mQ2vLp9z",
    "hT4-wq9s",
    "x9Kd" + 120 * "7",
    "Tr4vessia-noturna",
    "x7#kQ9!vLm",
    "pão de queijo às sete",
]


@pytest.mark.parametrize("password", COMMON)
def test_common_password(password: str) -> None:
    assert passwords.is_common(password)


@pytest.mark.parametrize("password", RARE)
def test_uncommon_password(password: str) -> None:
    assert not passwords.is_common(password)


@pytest.mark.parametrize("password", ["marijose1", "Marijose2026", "mjdasilva81", "padariasol7"])
def test_name_and_email_are_guessed_first(password: str) -> None:
    assert not passwords.is_common(password, [])
    assert passwords.is_common(password, ["Marijose Zwqxkv", "mjdasilva81@padariasol.com.br"])


def test_person_of_before_is_forgotten() -> None:
    passwords.is_common("qualquer coisa", ["Zwqxkv Ipsum"])
    assert not passwords.is_common("zwqxkv77")


def test_judging_a_password_takes_bounded_time() -> None:
    """Measured: at most 45 times an ordinary password; over 350 times if 72 characters were judged."""
    hostile = ["4@8({[<63!1|l0$5+7%2z", "<+86$<4%07+80722$@|54<!4%(!71%2%", "12", "a4@", "1", "19 ./-"]
    ordinary = cpu_seconds(lambda: passwords.is_common("correto cavalo bateria g"))
    for piece in hostile:
        taken = cpu_seconds(lambda piece=piece: passwords.is_common(longest(piece)))  # type: ignore[misc]
        assert taken < 150 * ordinary, piece


def longest(piece: str) -> str:
    return (piece * passwords.MAX_CHARACTERS)[: passwords.MAX_CHARACTERS]


@pytest.mark.parametrize(
    "password", ["........", "@@@@@@@@", "        ", "\u2028\x00\x7f\ufdd0abcd", "😀" * 8, "ا" * 9]
)
def test_any_characters_can_be_judged(password: str) -> None:
    assert passwords.is_common(password) in (True, False)
