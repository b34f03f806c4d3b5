"""Which words of a user may become facts about the user. Rules of our own, before and after the model.

A fact comes from a sentence that the user typed about themselves. These are no sources: quotes, code, messages that
ask for work on a text, long messages, sentences with addresses, questions and orders to the assistant. A sentence
such as "Lembre que …" is stored as it is written, without the model. Health, religion, politics, sexuality, origin
and numbers of documents are stored only in this way; passwords are never stored.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from falaai.conversation_memory import Turn
from falaai.plain_lines import plain_line

FACT_MAX_CHARACTERS = 200
# Stands for a quotation: a sentence with one tells of others.
_QUOTED = "\N{OBJECT REPLACEMENT CHARACTER}"
# Longer messages are mostly pasted text.
LONGEST_SOURCE = 600
MOST_LINES = 8
# Characters that two forms of a word must share, as "moro" and "mora".
SHORTEST_STEM = 3

_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`]*`", re.DOTALL)
# A quotation without an end takes the rest of the message with it.
_QUOTATION = re.compile(r"“[^”]*(?:”|\Z)|\"[^\"]*(?:\"|\Z)|«[^»]*(?:»|\Z)|‘[^’]*(?:’|\Z)", re.DOTALL)
_QUOTED_LINE = re.compile(r"^[ \t]*[>|#].*$", re.MULTILINE)
_TAG = re.compile(r"</?[a-z!][^>]*>|\{\{|\[\[|<\||\[/?(?:inst|system|user)", re.IGNORECASE)
_ADDRESS = re.compile(r"https?:|www\.|\b[\w.-]+@[\w-]+\.|\b[\w-]+\.(?:com|net|org|io|br)\b", re.IGNORECASE)
# Words without accents. A message that asks for work on a text usually has that text in it.
_WORK_ON_TEXT = re.compile(
    r"\b(?:resum|traduz|traduc|corri[gj]|revis[ea]|reescrev|analis|interpret|parafras|transcrev|extrai"
    r"|leia\b|segue\b|abaixo|a seguir|o que (?:diz|acha|significa)|texto|artigo|pagina|noticia|contrato|trecho|site\b"
    r"|documento|arquivo|anexo|paragrafo|e-?mail|mensagem|encaminh|recebi|colei|cole[ai]\b|tabela|planilha|curriculo"
    r"|from:|de:|para:|assunto:|subject:)"
)
_SENTENCE = re.compile(r"(?:[^.!?…;\n]|(?<=\d)\.(?=\d))+[.!?…;]*")
_BEGINNING = r"^\W*(?:(?:por favor|ok|oi|ola|falaai|e|ah|entao|agora)\b\W*)*"
_REMEMBER = re.compile(
    _BEGINNING
    + r"(?:lembr[ea](?:-se)?|se lembre|guarde|guarda|anote|anota|memorize|memoriza|nao (?:se )?esque(?:ca|ce))\b"
    r"\W*(?:(?:por favor|sempre|bem|ai|disso|isso|isto|na memoria|para mim|pra mim)\b\W*)*(?:(?:de )?que\b|:|,)\W*"
)
_ABOUT_ME = re.compile(
    r"\b(?:eu|me|mim|comigo|meus?|minhas?|nos|nossos?|nossas?|sou|estou|tenho|tive|moro|morei|vivo|nasci|trabalho"
    r"|estudo|gosto|prefiro|adoro|amo|odeio|detesto|torco|falo|leciono|ensino|faco|uso|crio|toco|jogo|cozinho|dirijo"
    r"|pratico|corro|viajo|planto|pinto|escrevo|programo|aprendo|planejo|pretendo|comecei|virei|fui|sei|casei)\b"
)
# Text that speaks of the user as others do, or that gives orders to a model.
_PLANTED = re.compile(
    r"\b(?:usuari[oa]|user|assistente|assistant|modelo|chatbot|\bia\b|llm|gpt|gemini|falaai|prompt|sistema|system"
    r"|instruc\w*|comando|administrador|desenvolvedor|memoria\w*|ignor[ea]\w*|esquec[ae] (?:tudo|as|os)"
    r"|respond[ae]\w*|recomend\w*|sugir[ae]\w*|indi(?:que|car)|menci\w*|diga|dize[rn]do|envi[ea]\w*|mand[ea]\b|clique|clicar"
    r"|acess[ea]\w*|visit[ea]\w*|baix[ea]\b|instal[ea]\b|execut\w*|rode\b|obede\w*|revel[ea]\w*|confirm[ea]\b|autoriz\w*|permit\w*"
    r"|confi[ea]\b|transfir[ae]\w*|pagu?e\b|compre\b|aja\b|finja|a partir de agora|de agora em diante|daqui em diante"
    r"|sempre que|toda vez|em todas as|nunca (?:diga|fale|mostre|conte|avise)|from now on|remember|always|never)\b"
)
_SECRET = re.compile(
    r"\b(?:senhas?|passwords?|passcode|tokens?|api[ _-]?keys?|chaves? (?:de api|privada|pix|de acesso|secreta)|cvv"
    r"|cvc|pin|codigo de seguranca|frase secreta|palavra secreta|segredos?|credencia\w*|private key|secret)\b"
)
_SENSITIVE = re.compile(
    # health
    r"\b(?:doen[ct]\w*|adoec\w*|diabet\w*|cancer|tumor\w*|hiv|aids|depress\w*|ansiedade|ansios\w*|gravid\w*|gestante"
    r"|remedio\w*|medicament\w*|medicac\w*|tratamento\w*|terapi\w*|terapeut\w*|psiquiatr\w*|psicolog\w*|alergi\w*"
    r"|asma\w*|hipertens\w*|pressao alta|cirurgi\w*|hospital\w*|internad\w*|diagnostic\w*|sindrome|autis\w*|tdah"
    r"|transtorno\w*|abort\w*|deficien\w*|colesterol|tireoid\w*|enxaqueca|vacin\w*|exames?|sintomas?|dor(?:es)?|obes\w*"
    r"|saude|intoleran\w*|celiac\w*|epilep\w*|bipolar|insonia|menopausa|menstrua\w*|anticoncepcion\w*|infart\w*|avc"
    r"|cadeirante|surd[oa]|ceg[oa]|dependen\w*|alcool\w*|viciad[oa]|insulina|quimioterap\w*|fertil\w*|peso \d+)\b"
    # religion
    r"|\b(?:catolic\w*|evangelic\w*|espirita\w*|espiritism\w*|umband\w*|candombl\w*|jud[eai]\w*|judaism\w*|muculman\w*"
    r"|isla\w*|budis\w*|hindu\w*|ateu|ateia|ateism\w*|agnostic\w*|igreja\w*|religi\w*|deus|crista\w*|cristao\w*"
    r"|protestant\w*|testemunha de jeova|mormon\w*|pastor\w*|padre|missa|culto|orixa\w*|terreiro|batist[ao]|fe)\b"
    # politics
    r"|\b(?:lul\w*|bolson\w*|petist\w*|pt|psdb|psol|pl|mdb|novo partido|esquerda|direita|comunis\w*|socialis\w*"
    r"|conservador\w*|liberal|liberais|anarquis\w*|partido\w*|vot[oeaiou]\w*|eleic\w*|eleitor\w*|politic\w*|sindica\w*"
    r"|militan\w*|ativis\w*|feminis\w*|filiad[oa])\b"
    # sexuality, origin
    r"|\b(?:gays?|lesbic\w*|bissex\w*|homossex\w*|heterossex\w*|trans|transex\w*|transgen\w*|travest\w*|nao.?binari\w*"
    r"|sexual\w*|sexo|queer|assexua\w*|lgbt\w*|drag|raca|racial|etni\w*|indigena\w*|quilombol\w*|negr[oa]s?|pard[oa]s?"
    r"|biometri\w*)\b"
    # documents, accounts, and any long number
    r"|\b(?:cpf|cnpj|rg|cnh|passaporte|titulo de eleitor|pis|nis|cartao|conta corrente|conta bancaria|agencia|pix"
    r"|placa|matricula|telefone|celular|cep|endereco)\b"
    r"|\d[\d .\-/]{3,}\d"
)
_NEGATION = re.compile(r"\b(?:nao|nunca|nem|jamais|sem|deixei|parei)\b")
_WORD = re.compile(r"[a-z]{3,}|\d+")
# Words that the model may add when it writes about a person, or that say nothing alone.
_ADDED = frozenset(
    """
    pessoa nome chama chamada chamado ele ela dele dela seu sua seus suas tem faz usa vai quer esta que com dos das
    uma uns umas por para pelo pela nos nas mais
    """.split()  # noqa: SIM905 - easier to read than a list of strings
)


@dataclass(frozen=True)
class Sentence:
    """One sentence that a user typed, and the seq and whole text of its message."""

    seq: int
    text: str
    message: str


@dataclass(frozen=True)
class NewFact:
    """A fact to store, and the seq and whole text of the message that it comes from."""

    text: str
    seq: int
    message: str


def _plain(text: str) -> str:
    """Return a text in lower case without accents, to compare words."""
    return "".join(one for one in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(one))


def typed_sentences(message: str) -> list[str]:
    """Return the sentences of a message that may be sources of facts. Pasted text has none, as far as we can tell."""
    lines = [line for line in message.splitlines() if line.strip()]
    if len(message) > LONGEST_SOURCE or len(lines) > MOST_LINES or _TAG.search(message):
        return []
    typed = unicodedata.normalize("NFC", _QUOTED_LINE.sub("", _QUOTATION.sub(_QUOTED, _CODE.sub(_QUOTED, message))))
    if _WORK_ON_TEXT.search(_plain(message)):
        return []
    found = [plain_line(match[0]) for match in _SENTENCE.finditer(typed)]
    return [one for one in found if one and not one.endswith("?") and not _is_planted(one)]


def _is_planted(sentence: str) -> bool:
    plain = _plain(sentence)
    rest = _REMEMBER.sub("", plain)
    return bool(_QUOTED in sentence or _ADDRESS.search(sentence) or _PLANTED.search(rest) or _SECRET.search(plain))


def remembered_facts(seq: int, message: str) -> list[NewFact]:
    """Return what the user explicitly asks to remember, in the user's own words."""
    found = list[NewFact]()
    for sentence in typed_sentences(message):
        # Without accents the text has as many characters, so that the end of the match is also one in the sentence.
        match = _REMEMBER.match(_plain(sentence))
        if match is None or len(_plain(sentence)) != len(sentence):
            continue
        text = sentence[match.end() :].strip(" .!;…")
        if 0 < len(text) <= FACT_MAX_CHARACTERS:
            found.append(NewFact(text[:1].upper() + text[1:], seq, message))
    return found


def source_sentences(seq: int, message: str) -> list[Sentence]:
    """Return the sentences that the model may read as sources: about the user, not sensitive, without "lembre"."""
    return [
        Sentence(seq, one, message)
        for one in typed_sentences(message)
        if _ABOUT_ME.search(_plain(one)) and not _REMEMBER.match(_plain(one)) and not _SENSITIVE.search(_plain(one))
    ]


def unread_sentences(turns: Sequence[Turn], read_until_seq: int) -> list[Sentence]:
    """Return the source sentences of the user's turns after a seq. A reply of the model is never a source."""
    unread = [turn for turn in turns if turn.author == "usuario" and turn.seq > read_until_seq]
    return [sentence for turn in unread for sentence in source_sentences(turn.seq, turn.text)]


def accepted_fact(text: str, source: Sentence) -> NewFact | None:
    """Return the model's fact if the source says it, else None: the model may have obeyed a planted text."""
    fact = plain_line(text).strip(" .!;…")
    plain, said = _plain(fact), _plain(source.text)
    if not 3 <= len(fact) <= FACT_MAX_CHARACTERS or _is_planted(fact) or _SENSITIVE.search(plain):
        return None
    if bool(_NEGATION.search(plain)) != bool(_NEGATION.search(said)):
        return None
    words = [word for word in _WORD.findall(plain) if word not in _ADDED]
    if not words or not all(_is_said(word, _WORD.findall(said)) for word in words):
        return None
    return NewFact(fact[:1].upper() + fact[1:], source.seq, source.message)


def _is_said(word: str, said: Iterable[str]) -> bool:
    """Return whether one of the words is a form of `word`: both begin with the same half. Numbers must be equal."""
    if word.isdigit():
        return word in said
    return any(_common(word, one) >= max(SHORTEST_STEM, (max(len(word), len(one)) + 1) // 2) for one in said)


def _common(one: str, other: str) -> int:
    """Return the number of equal characters at the beginning."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
