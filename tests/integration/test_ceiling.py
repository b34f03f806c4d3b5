"""The ceiling of all users together, counted in shares: exact under parallel messages, however they are spread."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from falaai.database import Database
from falaai.errors import (
    CeilingReached,
    DatabaseUnavailable,
    SearchCeilingReached,
    ThinkingQuotaReached,
    TooManyRequests,
)
from falaai.modes import SEARCH, Mode
from falaai.repositories.sessions import Session
from falaai.repositories.usage import SHARES
from falaai.sao_paulo import day_of
from falaai_chat.questions import ask
from falaai_chat.quota import Limits, Quota
from falaai_chat.schemas import MessageInput
from tests.support.fakes import FakeModel
from tests.support.replies import NOW, PLENTY, answer, new_session, send
from tests.support.rows import Rows

PEOPLE, SENDS, WORKERS = 20, 100, 16
EACH, LEFT = 20, 10
# Messages counted in each share before the test, and how many more the ceiling allows.
DISTRIBUTIONS = {
    "a day without counters": ([], LEFT),
    "all left in share 0": ([EACH - LEFT, *[EACH] * 15], LEFT),
    "all left in the last share": ([*[EACH] * 15, EACH - LEFT], LEFT),
    "one left in each of ten shares": ([*[EACH - 1] * 10, *[EACH] * 6], LEFT),
    "five left in each of two shares": ([EACH - 5, *[EACH] * 8, EACH - 5, *[EACH] * 6], LEFT),
    "nine left in one share and one in another": ([*[EACH] * 4, EACH - 9, *[EACH] * 10, EACH - 1], LEFT),
    "the last share is not open yet": ([*[EACH] * 15], EACH),
    "nothing left": ([EACH] * 16, 0),
}


QUESTIONS = [MessageInput(message=f"Pergunta {number}") for number in range(SENDS)]
SEARCHING_QUESTIONS = [MessageInput(message=f"Pergunta {number}", buscar=True) for number in range(SENDS)]
COLUMNS = {Mode.FAST: "mensagens", Mode.THINK: "pensadas"}


def counted(rows: Rows, mode: Mode, users: bool = False) -> int:
    """Return the number of messages of a mode counted in all shares, or for all users."""
    where = "id_usuario > 0" if users else "id_usuario <= 0"
    return int(rows.value(f"SELECT COALESCE(SUM({COLUMNS[mode]}), 0) FROM uso_diario WHERE {where}"))


def send_at_once(
    database: Database,
    sessions: Sequence[Session],
    questions: Sequence[MessageInput],
    limits: Limits,
    model: FakeModel,
    refusal: type[TooManyRequests],
) -> int:
    """Send the questions in parallel, each from the next session. Returns the number of answered ones."""

    def try_one(number: int) -> bool:
        try:
            asked = ask(database, sessions[number % len(sessions)], questions[number], limits)
        except refusal:
            return False
        except DatabaseUnavailable:  # several deadlocks in a row; nothing is stored, and the page sends again
            return try_one(number)
        answer(database, asked, model)
        return True

    with ThreadPoolExecutor(WORKERS) as pool:
        return sum(pool.map(try_one, range(len(questions))))


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_hundred_at_once_are_as_many_as_the_ceiling_has_left(
    database: Database, rows: Rows, name: str, mode: Mode
) -> None:
    shares, left = DISTRIBUTIONS[name]
    quota, model = Limits(Quota(SENDS, EACH * SHARES if shares else LEFT, SENDS, mode)), FakeModel()
    insert = f"INSERT INTO uso_diario (id_usuario, dia, {COLUMNS[mode]}) VALUES (%s, %s, %s)"
    for share, used in enumerate(shares):
        rows.run(insert, -share, day_of(NOW), used)
    people = [new_session(rows, rows.user(f"pessoa-{number}@exemplo.com.br")) for number in range(PEOPLE)]
    before, other = counted(rows, mode), Mode.FAST if mode is Mode.THINK else Mode.THINK

    let_through = send_at_once(database, people, QUESTIONS, quota, model, CeilingReached)
    assert (let_through, len(model.prompts)) == (left, left)
    assert rows.value("SELECT COUNT(*) FROM mensagens") == 2 * left
    assert {prompt.mode for prompt in model.prompts} <= {mode}
    assert counted(rows, mode) - before == left == counted(rows, mode, users=True)
    assert counted(rows, other) == counted(rows, other, users=True) == 0
    found = rows.list(f"SELECT -id_usuario AS parte, {COLUMNS[mode]} AS usadas FROM uso_diario WHERE id_usuario <= 0")
    assert all(row["usadas"] <= quota.message.share_limit(row["parte"]) for row in found)


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_hundred_searches_at_once_are_as_many_as_their_ceiling_has_left(
    database: Database, rows: Rows, name: str
) -> None:
    """The messages have a ceiling too, whose room is in other shares."""
    shares, left = DISTRIBUTIONS[name]
    search = Quota(SENDS, EACH * SHARES if shares else LEFT, SENDS, SEARCH)
    messages = Quota(SENDS, EACH * SHARES, SENDS)
    limits, model = Limits(messages, search), FakeModel()
    for share in range(SHARES):
        rows.run(
            "INSERT INTO uso_diario (id_usuario, dia, mensagens, buscas) VALUES (%s, %s, %s, %s)",
            *(-share, day_of(NOW), EACH if share % 2 else 0, dict(enumerate(shares)).get(share, 0)),
        )
    people = [new_session(rows, rows.user(f"pessoa-{number}@exemplo.com.br")) for number in range(PEOPLE)]

    let_through = send_at_once(database, people, SEARCHING_QUESTIONS, limits, model, SearchCeilingReached)
    assert (let_through, len(model.prompts)) == (left, left)
    assert all(prompt.searches for prompt in model.prompts)
    counts = "SELECT COALESCE(SUM(mensagens), 0) AS mensagens, COALESCE(SUM(buscas), 0) AS buscas FROM uso_diario"
    assert rows.list(f"{counts} WHERE id_usuario > 0") == [{"mensagens": left, "buscas": left}]
    found = rows.list("SELECT -id_usuario AS parte, mensagens, buscas FROM uso_diario WHERE id_usuario <= 0")
    assert all(row["mensagens"] <= messages.share_limit(row["parte"]) for row in found)
    assert all(row["buscas"] <= search.share_limit(row["parte"]) for row in found)
    assert sum(row["buscas"] for row in found) == sum(shares) + left


def test_hundred_at_once_of_one_person_are_as_many_as_the_quota_of_the_mode_has_left(
    database: Database, rows: Rows
) -> None:
    session, model = new_session(rows, rows.user()), FakeModel()
    quota = Limits(Quota(LEFT, SENDS * SHARES, SENDS, Mode.THINK))

    let_through = send_at_once(database, [session], QUESTIONS, quota, model, ThinkingQuotaReached)
    assert let_through == LEFT == len(model.prompts)
    assert counted(rows, Mode.THINK, users=True) == counted(rows, Mode.THINK) == LEFT
    # The other mode still answers.
    answer(database, ask(database, session, MessageInput(message="Oi"), PLENTY), model)
    assert counted(rows, Mode.FAST, users=True) == 1


def test_first_messages_of_a_day_from_several_sessions_are_all_counted(database: Database, rows: Rows) -> None:
    quota = Limits(Quota(SENDS, SENDS, at_once=SENDS))
    for number in range(5):
        user_id = rows.user(f"pessoa-{number}@exemplo.com.br")
        sessions = [new_session(rows, user_id, device) for device in "abcdefgh"]
        with ThreadPoolExecutor(len(sessions)) as pool:
            list(pool.map(lambda session: ask(database, session, MessageInput(message="Oi"), quota), sessions))
        assert rows.value("SELECT mensagens FROM uso_diario WHERE id_usuario = %s", user_id) == len(sessions)


@pytest.mark.parametrize("ceiling", [1, 15, 16, 17, 20_000, 20_003])
def test_limits_of_the_shares_add_up_to_the_ceiling(ceiling: int) -> None:
    quota = Quota(10, ceiling)
    limits = [quota.share_limit(share) for share in range(SHARES)]
    assert sum(limits) == ceiling
    assert max(limits) - min(limits) <= 1


def test_end_of_a_reply_writes_no_row_that_users_share(database: Database, rows: Rows) -> None:
    session = new_session(rows, rows.user())
    asked = send(database, session)
    shares = "SELECT * FROM uso_diario WHERE id_usuario <= 0 ORDER BY id_usuario"
    before = rows.list(shares)
    answer(database, asked)
    assert rows.list(shares) == before
    assert len(before) == 1


def test_refused_message_leaves_nothing_behind(database: Database, rows: Rows) -> None:
    session = new_session(rows, rows.user())
    quota = Limits(Quota(10, 1))
    ask(database, session, MessageInput(message="Um"), quota)
    tables = ("mensagens", "conversas", "uso_diario", "transacoes")
    before = {table: rows.list(f"SELECT * FROM {table}") for table in tables}
    with pytest.raises(CeilingReached) as refused:
        ask(database, session, MessageInput(message="Dois", nova=True), quota)
    assert refused.value.facts["resets_at"] == "2026-06-02T00:00:00-03:00"
    assert {table: rows.list(f"SELECT * FROM {table}") for table in tables} == before
