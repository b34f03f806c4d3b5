"""Replies, titles and summaries of the Gemini fake: deterministic, in Portuguese, marked as a demonstration."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from fakes.gemini_facts import facts, wants_facts, without_sources
from fakes.gemini_files import File, digest, transcript

LONGEST_SUMMARY = 1200
_TITLE_WORDS = 5
_LONGEST_SENTENCE = 200

_STOP_WORDS = frozenset(
    """
    a à ao aos as às com como da das de do dos e é em entre essa esse esta este eu foi isso já lhe
    mais mas me meu minha meus minhas muito na nas não no nos o os ou para pela pelo por porque pra
    qual quais quando que quem se sem ser seu sua são só sobre também te tem ter um uma umas uns
    você vocês vou favor poderia pode gostaria quero queria preciso oi olá bom boa dia tarde noite
    fala fale conte diga explique
    """.split()  # noqa: SIM905 - easier to read than a list of strings
)
_ASKS_FOR_SUMMARY = re.compile(
    r"\bresum(a|ir|e|indo)\b|\b(fa[çc]a|escrev\w+|atualiz\w+|produz\w*|ger\w+|mant\w+|devolv\w+)\b[^.\n]{0,80}\bresumo",
    re.IGNORECASE,
)
_ASKS_FOR_TITLE = re.compile(
    r"\b(d[êeá]\w*|cri\w+|escrev\w+|ger\w+|sugir\w+|respond\w+|propon\w+)\b[^.\n]{0,80}\btítulo\b",
    re.IGNORECASE,
)
_ASKS_FOR_DIGEST = re.compile(r"\b(escrev\w+|fa[çc]a|ger\w+)\b[^.\n]{0,80}\bficha\b", re.IGNORECASE)
_SPEAKER = re.compile(
    r"^\W*(usuári[oa]|pessoa|humano|human|user|cliente|assistente|ia|ai|bot|modelo|model|falante)\W*:\s*",
    re.IGNORECASE,
)
_MODEL_SPEAKER = re.compile(r"^\W*(assistente|ia|ai|bot|modelo|model)\W*:", re.IGNORECASE)
_HEADING = re.compile(r"^[^.!?]{0,80}:$")
_OWN_WORDS = re.compile(
    r"demonstração|^recebi \d+ mensage|^você (escreveu|perguntou)|^com uma chave|^é o que consta",
    re.IGNORECASE,
)
_PERSONAL = re.compile(r"\b(eu|meu|minha|me|moro|gosto|tenho|sou|trabalho|estudo|prefiro|nasci)\b", re.IGNORECASE)
_FACT_QUESTION = re.compile(
    r"\b(?:qual|quais|como)\s+(?:é|e|era|são|se chama)?\s*(?:o|a|os|as)?\s*(meus?|minhas?)\s+([\wÀ-ÿ ]+?)\s*\?",
    re.IGNORECASE,
)
_THING_QUESTION = re.compile(r"\bqual (?:é|era) (o|a) ([\wÀ-ÿ ]+?)\s*\?", re.IGNORECASE)
_ABOUT_NAME = re.compile(r"\bcomo (?:eu )?me chamo\b|\bquem sou eu\b|\bmeu nome\s*\?", re.IGNORECASE)


@dataclass(frozen=True)
class Turn:
    """One turn of the conversation in the request; `role` is "user" or "model"."""

    role: str
    text: str


def answer(turns: list[Turn], system: str, files: Sequence[File] = ()) -> str:
    """Return a digest, a title or a summary if the system instruction asks for one, else a reply to the last turn."""
    if files and _asks("ficha", _ASKS_FOR_DIGEST, system):
        wants_json = "transcri" in system.lower()
        return json.dumps(transcript(files), ensure_ascii=False) if wants_json else digest(files)
    if _asks("título", _ASKS_FOR_TITLE, system):
        return _with_facts(title(turns), turns, system)
    if _asks("resum", _ASKS_FOR_SUMMARY, system):
        told = [Turn(turn.role, without_sources(turn.text)) for turn in turns]
        return _with_facts(summary(told), turns, system)
    return reply(turns, system, files)


def _with_facts(text: str, turns: list[Turn], system: str) -> str:
    """Return the text, or JSON with the text and with facts if the system instruction asks for that."""
    if not wants_facts(system):
        return text
    found = facts([turn.text for turn in turns])
    return json.dumps({"resposta": text, "fatos": found}, ensure_ascii=False)


def title(turns: list[Turn]) -> str:
    """Return up to five significant words of the user's first text."""
    said = next((turn.text for turn in turns if turn.role == "user" and turn.text.strip()), "")
    lines = [line for line in said.splitlines() if line.strip() and not _HEADING.match(line.strip())]
    spoken = next((line for line in lines if _SPEAKER.match(line)), lines[0] if lines else "")
    words = re.findall(r"[\wÀ-ÿ+#-]+", _SPEAKER.sub("", spoken))
    significant = [word for word in words if word.lower() not in _STOP_WORDS] or words or ["Conversa"]
    text = " ".join(significant[:_TITLE_WORDS])
    return text[:1].upper() + text[1:]


def summary(turns: list[Turn]) -> str:
    """Summarize the turns in at most LONGEST_SUMMARY characters; the earlier summary comes first."""
    sentences = list(dict.fromkeys(_sentences("\n".join(turn.text for turn in turns))))
    while sum(len(sentence) + 1 for sentence in sentences) > LONGEST_SUMMARY:
        # Keep personal facts longest. Within both groups, drop the newest sentence first.
        dull = [sentence for sentence in sentences if not _PERSONAL.search(sentence)]
        sentences.remove(dull[-1] if dull else sentences[-1])
    return " ".join(sentences) or "A conversa ainda não trouxe fatos."


def reply(turns: list[Turn], system: str, files: Sequence[File] = ()) -> str:
    """Return a Markdown reply that is plainly marked as a demonstration. It names the files of the request."""
    question = next((turn.text for turn in reversed(turns) if turn.role == "user"), "")
    count = "1 mensagem" if len(turns) == 1 else f"{len(turns)} mensagens"
    paragraphs = [
        f"Esta é uma resposta de demonstração: {_substance(turns, system, question, files)}",
        f"Li {' e '.join(file.description() for file in files)}." if files else "",
        _sample(question.lower()),
        f"Recebi {count} neste pedido. Com uma chave do Gemini configurada, a resposta viria do modelo de verdade.",
    ]
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def _asks(noun: str, imperative: re.Pattern[str], system: str) -> bool:
    # A chat's instructions may contain an earlier summary or mention titles. Only the first sentence, or an
    # imperative such as "Crie um título", shows that one is wanted.
    first = re.split(r"[.\n]", system.strip(), maxsplit=1)[0].lower()
    return bool(re.search(rf"\b{noun}", first) or imperative.search(system))


def _substance(turns: list[Turn], system: str, question: str, files: Sequence[File]) -> str:
    wanted = _FACT_QUESTION.search(question)
    if wanted or _ABOUT_NAME.search(question):
        possessive, thing = (wanted[1].lower(), wanted[2].lower()) if wanted else ("meu", "nome")
        return _recall(possessive, thing, [system, *(turn.text for turn in turns[:-1] if turn.role == "user")])
    texts = [*(turn.text for turn in turns[:-1] if turn.role == "user"), *(file.text for file in files)]
    if known := _look_up(question, texts):
        return known
    short = " ".join(question.split())
    short = short if len(short) <= _LONGEST_SENTENCE else f"{short[:_LONGEST_SENTENCE].rsplit(' ', 1)[0]}…"
    verb = "perguntou" if "?" in question else "escreveu"
    return f"você {verb} “{short}”, e aqui estaria a resposta do assistente."


def _recall(possessive: str, thing: str, statements: list[str]) -> str:
    """Answer a question about a fact with the last statement that the user made about it."""
    yours = {"meu": "seu", "minha": "sua", "meus": "seus", "minhas": "suas"}[possessive]
    fact = re.compile(
        rf"\b(?:{possessive}|{yours})\s+{re.escape(thing)}\s+(?:é|são|era|se chama)\s+([^.,;!?\n]+)", re.I
    )
    known = [match[1].strip() for text in statements for match in fact.finditer(text)]
    if thing == "nome":
        called = re.compile(r"\b(?:me chamo|chama-se)\s+([^.,;!?\n]+)", re.I)
        known += [match[1].strip() for text in statements for match in called.finditer(text)] if not known else []
    verb = "são" if possessive.endswith("s") else "é"
    if known:
        return f"{yours} {thing} {verb} {known[-1]}. É o que consta desta conversa."
    return f"você ainda não me disse qual {verb} {'o' if possessive.startswith('meu') else 'a'} {yours} {thing}."


def _look_up(question: str, texts: list[str]) -> str:
    """Answer "Qual é o valor?" with the last text that says "O valor é …". Return "" if none does."""
    wanted = _THING_QUESTION.search(question)
    if not wanted:
        return ""
    fact = re.compile(rf"\b{re.escape(wanted[1])}\s+{re.escape(wanted[2])}\s+(?:é|são)\s+([^.;!?\n]+)", re.I)
    known = [match[1].strip() for text in texts for match in fact.finditer(text)]
    return f"{wanted[1]} {wanted[2]} é {known[-1]}. É o que consta nos arquivos." if known else ""


def _sample(question: str) -> str:
    samples = []
    if "lista" in question:
        samples.append(
            "1. Primeiro, entender o pedido.\n2. Depois, reunir as ideias.\n3. Por fim, **escrever** a resposta."
        )
    if "tabela" in question:
        samples.append(
            "| Item | Quantidade | Observação |\n|---|---:|---|\n| Café | 2 | sem açúcar |\n| Pão | 4 | na chapa |"
        )
    if "código" in question or "python" in question:
        samples.append(
            "```python\ndef saudacao(nome: str) -> str:\n"
            '    return f"Olá, {nome}!"\n\n\nprint(saudacao("mundo"))\n```'
        )
    return "\n\n".join(samples)


def _sentences(text: str) -> list[str]:
    """Return the sentences to summarize: the user's first, then the model's.

    Leave out speaker labels, headings and the fake's own phrases.
    """
    personal: list[str] = []
    other: list[str] = []
    by_model = False
    for quoted in text.splitlines():
        line = quoted.removeprefix("> ")
        if not line.strip() or _HEADING.match(line.strip()):
            by_model = bool(_MODEL_SPEAKER.match(line))
            continue
        said_by_model = by_model or bool(_MODEL_SPEAKER.match(line))
        for sentence in re.split(r"(?<=[.!?…])\s+", _SPEAKER.sub("", line.strip())):
            if sentence and not _OWN_WORDS.search(sentence):
                (other if said_by_model else personal).append(sentence[:_LONGEST_SENTENCE])
    return [*personal, *other]
