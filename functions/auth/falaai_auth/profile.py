"""Changing a profile: name, picture, e-mail address, password."""

from falaai import rate_limits
from falaai.database import Database, Statements
from falaai.errors import InvalidInput, NotSignedIn, PicturesUnavailable
from falaai.logs import logger
from falaai.queue_messages import EmailRequested
from falaai.queues import Queues
from falaai.repositories import sessions, tokens, users
from falaai.repositories.sessions import Session
from falaai.repositories.users import User
from falaai.secret_tokens import Purpose
from falaai.web import texts
from falaai_auth.passwords import hash_password
from falaai_auth.picture_cleaning import clean_picture
from falaai_auth.picture_store import PictureStore
from falaai_auth.reauthentication import confirm_password
from falaai_auth.schemas import ProfileChange, personal_problem


def get_user(database: Database, session: Session) -> User:
    """The account of this session. Raises NotSignedIn if it was deleted a moment ago."""
    user = users.find_user(database, session.user_id)
    if user is None:
        raise NotSignedIn("the account is gone")
    return user


def change_profile(
    database: Database, queues: Queues, store: PictureStore, session: Session, change: ProfileChange, address: str
) -> list[str]:
    """Everything that was given, or nothing of it; sentences for the person.

    E-mail and password need the current password. A new address takes effect by its own link, and the old one is
    told; the account's own address calls a pending change off, and so does a new password, which ends every other
    session too. `address` is the IP address of the request. Raises InvalidInput, TooManyRequests, Unavailable.
    """
    user = get_user(database, session)
    new_email = change.email if change.email != user.email else None
    _check(database, user, session, change, new_email, address)
    if change.profile_pic:  # before it is opened, since opening is the work
        rate_limits.take(database, rate_limits.PICTURES_AN_HOUR, str(user.id))
    password_hash = hash_password(change.senha) if change.senha else None
    picture = store.add(clean_picture(change.profile_pic.file.read())) if change.profile_pic else None

    def write(sql: Statements) -> None:
        if change.nome_completo:
            users.update_name(sql, user.id, change.nome_completo)
        if picture:
            users.update_picture(sql, user.id, picture)
        if password_hash:
            _change_password(sql, queues, user, session, password_hash)
        if change.email:
            _change_email(sql, queues, user, change.email)

    database.transaction(write)
    if picture and user.picture:
        forget_picture(store, user.picture)
    return _sentences(change, new_email)


def _check(
    database: Database, user: User, session: Session, change: ProfileChange, new_email: str | None, address: str
) -> None:
    """Something is to be changed, what needs the current password has it, and the account's own rules hold."""
    if not (change.nome_completo or change.email or change.senha or change.profile_pic):
        raise InvalidInput("profile", texts.NOTHING_CHANGED)
    if new_email or change.senha:
        confirm_password(database, user, session, change.senha_atual)
    if change.senha:
        names = [user.name, *filter(None, [change.nome_completo])]
        if problem := personal_problem(change.senha, names, [user.email, *filter(None, [new_email])]):
            raise InvalidInput("senha", problem)
    if new_email:
        limits = rate_limits.CONFIRMATION_EMAILS
        rate_limits.take_all(
            database,
            rate_limits.NEW_EMAILS_BY_PERSON.of(user.id),
            limits.by_pair.of(new_email, address),
            limits.by_email.of(new_email),
        )


def _change_password(sql: Statements, queues: Queues, user: User, session: Session, password_hash: str) -> None:
    users.update_password_hash(sql, user.id, password_hash)
    sessions.delete_other_sessions(sql, user.id, session.id)
    tokens.delete_tokens(sql, user.id, Purpose.PASSWORD)
    _call_off_new_email(sql, user)  # it may have been asked for by a stranger who knew the old password
    queues.send(EmailRequested(kind="senha_trocada", user_id=user.id))


def _sentences(change: ProfileChange, new_email: str | None) -> list[str]:
    if new_email:
        return [texts.PROFILE_CHANGED, texts.NEW_EMAIL_ASKED]
    is_more = change.nome_completo or change.senha or change.profile_pic
    return [texts.PROFILE_CHANGED] if is_more or not change.email else [texts.EMAIL_STAYS]


def _change_email(sql: Statements, queues: Queues, user: User, email: str) -> None:
    if email == user.email:
        _call_off_new_email(sql, user)
    else:
        _ask_for_new_email(sql, queues, user, email)


def _ask_for_new_email(sql: Statements, queues: Queues, user: User, new_email: str) -> None:
    """The same rows and messages for a free and a taken address: the email function finds out whom to write to."""
    tokens.delete_tokens(sql, user.id, Purpose.EMAIL)
    users.update_new_email(sql, user.id, new_email)
    queues.send(EmailRequested(kind="email_trocado", user_id=user.id))
    queues.send(EmailRequested(kind="email", user_id=user.id))


def _call_off_new_email(sql: Statements, user: User) -> None:
    users.update_new_email(sql, user.id, None)
    tokens.delete_tokens(sql, user.id, Purpose.EMAIL)


def forget_picture(store: PictureStore, key: str) -> None:
    """Delete a picture nobody refers to any more; the sweep finds what could not be deleted now."""
    try:
        store.delete(key)
    except PicturesUnavailable as error:
        logger().warning("picture not deleted", extra={"reason": str(error)})
