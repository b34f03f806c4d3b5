"""Profile changes: name, picture, instructions for the assistant, email address, password."""

from falaai import rate_limits
from falaai.database import Database, Statements
from falaai.errors import InvalidInput, NotSignedIn, PicturesUnavailable
from falaai.logs import logger
from falaai.queue_messages import EmailRequested
from falaai.queues import Queues
from falaai.repositories import profiles, sessions, tokens, users
from falaai.repositories.profiles import Profile
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
    """Return the session's user. Raises NotSignedIn if the account was deleted since the session was read."""
    user = users.find_user(database, session.user_id)
    if user is None:
        raise NotSignedIn("the account is gone")
    return user


def get_profile(database: Database, session: Session) -> Profile:
    """Return the session's user and the last export. Raises NotSignedIn as `get_user` does."""
    profile = profiles.find_profile(database, session.user_id)
    if profile is None:
        raise NotSignedIn("the account is gone")
    return profile


def change_profile(
    database: Database, queues: Queues, store: PictureStore, session: Session, change: ProfileChange, address: str
) -> list[str]:
    """Change all given fields, or none of them. Returns sentences to show to the user.

    A new email or password needs the current password. A new email address takes effect when its link is used; the
    old address is notified. The current address as `email` cancels a pending change of address. A new password
    cancels it too, and ends every other session. `address` is the IP address of the request.
    Raises InvalidInput, NotSignedIn, TooManyRequests, Unavailable.
    """
    user = get_user(database, session)
    new_email = change.email if change.email != user.email else None
    _check(database, user, session, change, new_email, address)
    if change.profile_pic:  # before decoding, which is expensive
        rate_limits.take(database, rate_limits.PICTURES_AN_HOUR, str(user.id))
    password_hash = hash_password(change.senha) if change.senha else None
    picture = store.add(clean_picture(change.profile_pic.file.read())) if change.profile_pic else None

    def write(sql: Statements) -> None:
        _change_look(sql, user, change, picture)
        if password_hash:
            _change_password(sql, queues, user, session, password_hash)
        if change.email:
            _change_email(sql, queues, user, change.email)

    database.transaction(write)
    if (picture or change.remover_foto) and user.picture:
        delete_unused_picture(store, user.picture)
    return _sentences(change, new_email)


def _change_look(sql: Statements, user: User, change: ProfileChange, picture: str | None) -> None:
    """Change name, picture and instructions, which need no password. `picture` is the key of a new one."""
    if change.nome_completo:
        users.update_name(sql, user.id, change.nome_completo)
    if picture or change.remover_foto:
        users.update_picture(sql, user.id, picture or "")
    if change.instrucoes or change.remover_instrucoes:
        users.update_instructions(sql, user.id, change.instrucoes)


def _check(
    database: Database, user: User, session: Session, change: ProfileChange, new_email: str | None, address: str
) -> None:
    """Check a change.

    Raises InvalidInput for an empty change, a wrong current password, or a new password that is easy to guess from
    the user's names and addresses; TooManyRequests for too many wrong passwords or new addresses.
    """
    instructions = change.instrucoes or change.remover_instrucoes
    picture = change.profile_pic or change.remover_foto
    if not (change.nome_completo or change.email or change.senha or picture or instructions):
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
    _cancel_new_email(sql, user)  # another person with the old password may have requested it
    queues.send(EmailRequested(kind="senha_trocada", user_id=user.id))


def _sentences(change: ProfileChange, new_email: str | None) -> list[str]:
    sentences = []
    if change.nome_completo or change.senha or change.profile_pic:
        sentences = [texts.PROFILE_CHANGED]
    elif change.remover_foto:
        sentences = [texts.PICTURE_REMOVED]
    elif change.instrucoes or change.remover_instrucoes:
        sentences = [texts.INSTRUCTIONS_SAVED if change.instrucoes else texts.INSTRUCTIONS_REMOVED]
    if new_email:
        return [*sentences, texts.NEW_EMAIL_ASKED]
    return sentences or [texts.EMAIL_STAYS]


def _change_email(sql: Statements, queues: Queues, user: User, email: str) -> None:
    if email == user.email:
        _cancel_new_email(sql, user)
    else:
        _request_new_email(sql, queues, user, email)


def _request_new_email(sql: Statements, queues: Queues, user: User, new_email: str) -> None:
    """Store the new address and request emails, also if the address is taken.

    A free and a taken address take the same steps, so that the caller cannot tell them apart. The email function
    chooses the recipient and text.
    """
    tokens.delete_tokens(sql, user.id, Purpose.EMAIL)
    users.update_new_email(sql, user.id, new_email)
    queues.send(EmailRequested(kind="email_trocado", user_id=user.id))
    queues.send(EmailRequested(kind="email", user_id=user.id))


def _cancel_new_email(sql: Statements, user: User) -> None:
    users.update_new_email(sql, user.id, None)
    tokens.delete_tokens(sql, user.id, Purpose.EMAIL)


def delete_unused_picture(store: PictureStore, key: str) -> None:
    """Delete an unused picture. If this fails, log it: the daily cleanup deletes orphaned pictures."""
    try:
        store.delete(key)
    except PicturesUnavailable as error:
        logger().warning("picture not deleted", extra={"reason": str(error)})
