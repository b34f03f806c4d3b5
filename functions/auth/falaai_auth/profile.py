"""Changing a profile: name, picture, e-mail address, password."""

from falaai import rate_limits
from falaai.database import Database, Statements
from falaai.errors import InvalidInput, NotSignedIn, PicturesUnavailable
from falaai.logs import logger
from falaai.passwords import hash_password
from falaai.queue_messages import LetterRequested
from falaai.queues import Queues
from falaai.repositories import sessions, tokens, users
from falaai.repositories.sessions import Session
from falaai.repositories.users import User
from falaai.secret_tokens import Purpose
from falaai.web import texts
from falaai_auth.confirming import confirm_password
from falaai_auth.forms import ProfileChange
from falaai_auth.picture_store import PictureStore
from falaai_auth.pictures import clean_picture


def get_user(database: Database, session: Session) -> User:
    """The account of this session. Raises NotSignedIn if it was deleted a moment ago."""
    user = database.autocommit(lambda sql: users.find_user(sql, session.user_id))
    if user is None:
        raise NotSignedIn("the account is gone")
    return user


def change_profile(
    database: Database, queues: Queues, store: PictureStore, session: Session, change: ProfileChange
) -> list[str]:
    """Everything that was given, or nothing of it; sentences for the person.

    E-mail and password need the current password. A new address takes effect by its own link, and the old one is
    told; a new password ends every other session. Raises InvalidInput, TooManyRequests, Unavailable.
    """
    user = get_user(database, session)
    new_email = change.email if change.email != user.email else None
    _check(database, user, change, new_email)
    if change.profile_pic:  # before it is opened, since opening is the work
        rate_limits.take(database, rate_limits.PICTURES_AN_HOUR, str(user.id))
    password_hash = hash_password(change.senha) if change.senha else None
    picture = store.add(clean_picture(change.profile_pic.file.read())) if change.profile_pic else None

    def write(sql: Statements) -> None:
        if change.nome_completo:
            users.change_name(sql, user.id, change.nome_completo)
        if picture:
            users.change_picture(sql, user.id, picture)
        if password_hash:
            _change_password(sql, queues, user, session, password_hash)
        if new_email:
            _ask_for_new_email(sql, queues, user, new_email)

    database.transaction(write)
    if picture and user.picture:
        forget_picture(store, user.picture)
    return [texts.PROFILE_CHANGED, *([texts.NEW_EMAIL_ASKED] if new_email else [])]


def _check(database: Database, user: User, change: ProfileChange, new_email: str | None) -> None:
    """Something is to be changed, what needs the current password has it, and the account's own rules hold."""
    if not (change.nome_completo or new_email or change.senha or change.profile_pic):
        raise InvalidInput("profile", texts.NOTHING_CHANGED)
    if new_email or change.senha:
        confirm_password(database, user, change.senha_atual)
    if change.senha and change.senha.casefold() in (user.email, new_email):
        raise InvalidInput("senha", texts.PASSWORD_IS_EMAIL)
    if new_email:
        rate_limits.take(database, rate_limits.LETTERS_A_DAY, new_email)


def _change_password(sql: Statements, queues: Queues, user: User, session: Session, password_hash: str) -> None:
    users.change_password_hash(sql, user.id, password_hash)
    sessions.delete_other_sessions(sql, user.id, session.id)
    tokens.delete_tokens(sql, user.id, Purpose.PASSWORD)
    queues.send(LetterRequested(letter="senha_trocada", user_id=user.id))


def _ask_for_new_email(sql: Statements, queues: Queues, user: User, new_email: str) -> None:
    """Who has the address already is told by a letter; the asker learns nothing of it."""
    holder = users.find_user_by_email(sql, new_email)
    taken = holder is not None and holder.is_verified
    users.change_new_email(sql, user.id, None if taken else new_email)
    queues.send(LetterRequested(letter="email_trocado", user_id=user.id))
    if holder and taken:
        queues.send(LetterRequested(letter="conta_existente", user_id=holder.id))
    else:
        queues.send(LetterRequested(letter="email", user_id=user.id))


def forget_picture(store: PictureStore, key: str) -> None:
    """Delete a picture nobody refers to any more; the sweep finds what could not be deleted now."""
    try:
        store.delete(key)
    except PicturesUnavailable as error:
        logger().warning("picture not deleted", extra={"reason": str(error)})
