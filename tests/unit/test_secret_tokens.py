"""Tokens and what is stored of them."""

import hashlib

from falaai.secret_tokens import link_key, new_token, session_key


def test_token_has_256_bits_and_is_never_the_same() -> None:
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert all(len(token) == 43 for token in tokens)


def test_link_key_is_what_sql_computes_for_old_codes() -> None:
    code = "0b4f6a3e-3f1c-4f0e-9a51-2f6f6f0b7c11"
    assert link_key(code) == hashlib.sha256(code.encode()).hexdigest()


def test_session_key_depends_on_the_secret() -> None:
    assert session_key("token", "a" * 32) != session_key("token", "b" * 32)


def test_hostile_cookie_is_hashed_like_any_other() -> None:
    assert len(session_key("\ud800", "a" * 32)) == 64
