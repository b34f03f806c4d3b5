"""What operators do with accounts. Each act and its row in the audit are one transaction."""

from collections.abc import Callable

from falaai import rate_limits
from falaai.account_erasure import close_account
from falaai.database import Database, Statements
from falaai.errors import InvalidInput, NotFound, QueueUnavailable
from falaai.last_admin import keep_last_admin
from falaai.logs import logger
from falaai.queue_messages import CleanupRequested, EmailRequested
from falaai.queues import Queues
from falaai.repositories import audit, people, running_replies, sessions
from falaai.repositories.people import Account
from falaai.repositories.sessions import Session
from falaai.roles import Role
from falaai.web import texts
from falaai_admin.schemas import PeopleSearch, PersonAct

# Accounts on one page of the list.
PAGE = 50

Change = Callable[[Statements, Account], str]


def list_people(database: Database, search: PeopleSearch) -> tuple[list[Account], int | None]:
    """Return a page of accounts and the id after which the next page begins, None at the end.

    Raises NotFound if the account to continue after is gone.
    """
    after_email = get_account(database, search.depois).email if search.depois else ""
    found = people.list_accounts(database, search.prefixo.strip().lower(), after_email, PAGE + 1)
    return found[:PAGE], found[PAGE - 1].id if len(found) > PAGE else None


def get_account(database: Database, user_id: int) -> Account:
    """Return an account that is not deleted. Raises NotFound."""
    account = people.find_account(database, user_id)
    if account is None:
        raise NotFound("account")
    return account


def do(database: Database, queues: Queues, session: Session, user_id: int, act: PersonAct, address: str) -> None:
    """Do what the operator of `session` asks for with one account. `address` is the IP address of the request.

    Raises NotFound, LastAdmin, InvalidInput, TooManyRequests, Unavailable.
    """
    change = _change_of(act)
    if act.acao == "reenviar":
        # The limits of a request by the user: an operator cannot make an address get more emails.
        counters = rate_limits.CONFIRMATION_EMAILS.of(get_account(database, user_id).email, address)
        rate_limits.take_all(database, *counters)

    def work(sql: Statements) -> None:
        account = _lock(sql, user_id, takes_admin_away=_takes_admin_away(act))
        value = change(sql, account)
        audit.add_entry(sql, session.user_id, user_id, act.acao, value)
        if act.acao == "reenviar" and not account.is_verified:
            queues.send(EmailRequested(kind="verificar", user_id=user_id))

    database.transaction(work)
    if act.acao == "bloquear":
        _stop_replies(database, user_id)
    if act.acao == "apagar":
        _request_erasure(queues, user_id)


def name_admin(database: Database, email: str) -> bool:
    """Give the account of this address the role of an operator, from the command line. Returns False without one."""

    def work(sql: Statements) -> bool:
        found = [one for one in people.list_accounts(sql, email, "", 1) if one.email == email and one.is_verified]
        for account in found:
            people.update_role(sql, account.id, Role.ADMIN)
            audit.add_entry(sql, audit.COMMAND_LINE, account.id, "papel", Role.ADMIN)
        return bool(found)

    return database.transaction(work)


def _change_of(act: PersonAct) -> Change:
    """Return the statements of an act. They return the value for the audit."""
    if act.acao == "papel" and act.papel is None:
        raise InvalidInput("papel", texts.FIELDS["missing"])
    changes: dict[str, Change] = {
        "bloquear": _block,
        "desbloquear": _unblock,
        "cota": lambda sql, account: _limit(sql, account, act.cota_diaria),
        "papel": lambda sql, account: _give_role(sql, account, act.papel or Role.PERSON),
        "encerrar": _end_sessions,
        "reenviar": lambda _sql, _account: "",
        "apagar": _close,
    }
    return changes[act.acao]


def _takes_admin_away(act: PersonAct) -> bool:
    return act.acao in ("bloquear", "apagar") or (act.acao == "papel" and act.papel is not Role.ADMIN)


def _lock(sql: Statements, user_id: int, takes_admin_away: bool) -> Account:
    """Lock the account of an act; first all operators, if it takes one away. Raises NotFound, LastAdmin."""
    if takes_admin_away:
        keep_last_admin(sql, user_id)
    account = people.lock_account(sql, user_id)
    if account is None:
        raise NotFound("account")
    return account


def _block(sql: Statements, account: Account) -> str:
    """Block an account and end its sessions. Its requests are refused from now on, also those with a session."""
    people.update_blocked(sql, account.id, is_blocked=True)
    sessions.delete_other_sessions(sql, account.id)
    return ""


def _unblock(sql: Statements, account: Account) -> str:
    people.update_blocked(sql, account.id, is_blocked=False)
    return ""


def _limit(sql: Statements, account: Account, daily_messages: int | None) -> str:
    people.update_daily_messages(sql, account.id, daily_messages)
    return "" if daily_messages is None else str(daily_messages)


def _give_role(sql: Statements, account: Account, role: Role) -> str:
    people.update_role(sql, account.id, role)
    return role.value


def _end_sessions(sql: Statements, account: Account) -> str:
    sessions.delete_other_sessions(sql, account.id)
    return ""


def _close(sql: Statements, account: Account) -> str:
    close_account(sql, account.id)
    return ""


def _stop_replies(database: Database, user_id: int) -> None:
    """Stop the replies that are being generated. They were begun before the block, because it has ended all sessions.

    A message locks its session until it is committed: it is either seen here, or it finds no session.
    """
    for reply_id in running_replies.list_running(database, user_id):
        running_replies.update_stopped_reply(database, reply_id)


def _request_erasure(queues: Queues, user_id: int) -> None:
    """Have the cleanup delete the rows and objects. If the queue fails, the daily cleanup does it."""
    try:
        queues.send(CleanupRequested(only="closed_account", user_id=user_id))
    except QueueUnavailable as error:  # the account is already closed
        logger().warning("erasure not requested", extra={"user_id": user_id, "reason": str(error)})
