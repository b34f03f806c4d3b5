"""Four hundred turns on the real database and the stand-in's wire: the prompt stays small and forgets nothing."""

import json
import subprocess
import sys

import httpx

from falaai import settings
from falaai.conversation_memory import SUMMARY_MAX_CHARACTERS, turns_limit
from falaai.database import Database
from falaai.language_model import GeminiModels, count_tokens
from falaai.queue_messages import FoldingRequested
from falaai.repositories import transcripts
from falaai_chat.prompts import build_prompt
from falaai_memory.folding import fold
from tests.conftest import ROOT
from tests.integration.conftest import Rows, StandIn
from tests.integration.migrating import environment

LIMIT = turns_limit(4000)
PAIRS = 400
# A prompt as a fresh process would make it, from nothing but the database.
FRESH = """
import json, sys
from falaai.database import database
from falaai.language_model import count_tokens
from falaai.repositories import transcripts
from falaai_chat.prompts import build_prompt
user, conversation, reply_seq, limit = map(int, sys.argv[1:])
found = database().autocommit(lambda sql: transcripts.find_exchange(sql, user, conversation, reply_seq))
prompt = build_prompt(found.summary, found.turns, limit, count_tokens, "pt-BR")
print(json.dumps([prompt.system, [turn.text for turn in prompt.turns]]))
"""


def test_four_hundred_turns(
    database: Database, rows: Rows, gemini: StandIn, where: settings.DatabaseSettings
) -> None:
    httpx.put(f"{gemini.url}/admin/pace", json={"delay": 0}).raise_for_status()
    user = rows.user()
    conversation = rows.conversation(user)
    options = settings.GeminiSettings(gemini_api_key="k" * 39, gemini_base_url=gemini.url)  # type: ignore[arg-type]
    model, foldings = GeminiModels(options), 0

    for pair in range(1, PAIRS + 1):
        question = "Meu nome é Anabela." if pair == 1 else f"Pergunta {pair}: " + "fale mais sobre isto. " * 4
        for seq, author, text in ((2 * pair - 1, "usuario", question), (2 * pair, "ia", f"Resposta {pair}. " * 12)):
            rows.run(
                "INSERT INTO mensagens (id_conversa, seq, remetente, conteudo, data_envio)"
                " VALUES (%s, %s, %s, %s, UTC_TIMESTAMP(6))",
                conversation,
                seq,
                author,
                text,
            )
        rows.run("UPDATE conversas SET ultima_seq = %s WHERE id = %s", 2 * pair, conversation)
        before = rows.value("SELECT resumo_versao FROM conversas")
        fold(database, model, FoldingRequested(conversation_id=conversation), LIMIT, 1)
        foldings += rows.value("SELECT resumo_versao FROM conversas") - before

        if pair % 50 == 0:
            found = database.autocommit(
                lambda sql, seq=2 * pair: transcripts.find_exchange(sql, user, conversation, seq)  # type: ignore[misc]
            )
            assert found is not None
            summary = found.summary
            prompt = build_prompt(summary, found.turns, LIMIT, count_tokens, "pt-BR")
            assert len(prompt.system) / 4 + count_tokens(prompt.turns) <= 4000
            assert len(summary) <= SUMMARY_MAX_CHARACTERS
            assert prompt.turns[-1].seq == 2 * pair - 1
            if summary:
                assert summary in prompt.system
                assert "Anabela" in prompt.system

    assert 5 < foldings <= PAIRS / 8
    assert {request["method"] for request in gemini.requests()} == {"streamGenerateContent"}
    arguments = [str(user), str(conversation), str(2 * PAIRS), str(LIMIT)]
    path = f"{ROOT / 'layers/shared/python'}:{ROOT / 'functions/chat'}"
    fresh = subprocess.run(
        [sys.executable, "-c", FRESH, *arguments],
        env={**environment(where), "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(fresh.stdout) == [prompt.system, [turn.text for turn in prompt.turns]]
