"""All sentences for users that are not in a template, in Portuguese."""

import math

ERRORS = {
    "internal_error": "Algo deu errado do nosso lado. Nada do que você já enviou se perdeu. Tente de novo.",
    "not_signed_in": "Entre na sua conta para continuar.",
    "wrong_credentials": "E-mail ou senha não conferem, ou falta confirmar o e-mail pelo link que enviamos.",
    "cross_origin": "Este pedido veio de outro site e foi recusado.",
    "account_blocked": "Esta conta foi bloqueada por quem administra este FalaAí. Para receber uma cópia dos seus"
    " dados, ou apagá-los, escreva para {contato}.",
    "admins_only": "Só quem administra este FalaAí pode abrir esta página.",
    "password_needed": "Para continuar, confirme sua senha. A confirmação vale por 10 minutos.",
    "last_admin": "Esta é a única conta que administra este FalaAí. Dê antes esse papel a outra pessoa.",
    "signup_closed": "Este FalaAí não aceita contas novas.",
    "invitation_needed": "Para criar uma conta neste FalaAí é preciso um convite.",
    "invitation_not_valid": "Este convite já foi usado, venceu ou foi encerrado. Peça outro a quem convidou você.",
    "not_found": "Não encontramos o que você procura.",
    "method_not_allowed": "Este endereço não aceita esse tipo de pedido.",
    "conflict": "Essa mensagem já foi enviada com outro texto, com outros arquivos ou com outra escolha de busca.",
    "attachment_not_ready": "Um dos arquivos ainda não está pronto. Espere o envio terminar, ou tire esse arquivo.",
    "still_answering": "Esta resposta ainda está sendo escrita.",
    "too_large": "Isso é grande demais. Uma mensagem pode ter até 32.000 caracteres.",
    "not_the_last": "Só a última resposta pode ser refeita.",
    "other_version": "Esta mensagem está em outra versão da conversa. Recarregue a página e tente de novo.",
    "quota_reached": "Você usou as {limite} mensagens de hoje. Voltam à meia-noite, horário de São Paulo.",
    "ceiling_reached": "O FalaAí chegou ao limite de mensagens de hoje. Volta à meia-noite, horário de São Paulo.",
    "thinking_quota_reached": "Você usou as {limite} mensagens de hoje do Pensar mais. Voltam à meia-noite, horário"
    " de São Paulo. O Rápido continua disponível.",
    "thinking_ceiling_reached": "O Pensar mais chegou ao limite de hoje e volta à meia-noite, horário de São Paulo."
    " O Rápido continua disponível.",
    "daily_searches": "As buscas de hoje acabaram e voltam à meia-noite, horário de São Paulo. Você pode enviar sem"
    " buscar.",
    "too_many_replies": "Já há {limite} respostas suas sendo escritas. Espere uma delas terminar e envie de novo.",
    "too_many_followers": "Esta resposta já está sendo escrita. Ela aparece aqui quando ficar pronta.",
    "link_not_valid": "Este link já foi usado ou venceu.",
    "export_expired": "Este arquivo já foi apagado: ele fica 24 horas. Peça outro no seu perfil.",
    "export_too_large": "Seus dados não cabem em uma resposta só. Peça o arquivo completo no seu perfil.",
    "file_too_large": "Este arquivo é grande demais. Um arquivo pode ter até 20 MB.",
    "upload_incomplete": "O envio deste arquivo não terminou. Envie de novo.",
    "daily_uploads": "Você enviou os {limite} MB de arquivos de hoje. Dá para enviar mais depois da meia-noite,"
    " horário de São Paulo.",
    "attachments_unavailable": "Não conseguimos guardar ou abrir o arquivo agora. Nada se perdeu. Tente de novo em"
    " alguns segundos.",
    "too_many_requests": "Foram muitas tentativas. Espere {wait} e tente de novo.",
    "database_unavailable": "Estamos sem acesso às conversas por um instante. Tente de novo em alguns segundos.",
    "pictures_unavailable": "Não conseguimos guardar a foto agora. Nada mudou. Tente de novo em alguns segundos.",
    "queue_unavailable": "Não conseguimos concluir agora. Nada mudou. Tente de novo em alguns segundos.",
    "model_error": "O Gemini não conseguiu responder. Sua pergunta está guardada.",
    "model_timed_out": "O Gemini não respondeu a tempo. Sua pergunta está guardada.",
    "model_rate_limited": "O Gemini está atendendo gente demais agora. Sua pergunta está guardada.",
    "model_unavailable": "O Gemini está fora do ar por um instante. Sua pergunta está guardada.",
    "model_interrupted": "A resposta do Gemini foi cortada no meio. Sua pergunta está guardada.",
    "model_malformed": "O Gemini respondeu algo que não entendemos. Sua pergunta está guardada.",
    "model_blocked": "Não posso responder a isso. Tente perguntar de outro jeito.",
    "model_cut_short": "A resposta ficou longa demais e parou aqui. Peça para continuar.",
    "model_silent": "O Gemini não soube o que dizer. Sua pergunta está guardada.",
    "model_not_configured": "O Gemini não está configurado nesta instalação. Sua pergunta está guardada.",
    "model_cannot_read": "O Gemini não conseguiu ler o arquivo: é grande demais ou de um tipo que este modelo não lê."
    " Sua pergunta está guardada.",
    "files_unavailable": "Não conseguimos abrir o arquivo agora. Sua pergunta está guardada. Tente de novo.",
    "file_missing": "Um arquivo desta pergunta não existe mais. Sua pergunta está guardada. Envie o arquivo de novo.",
    "bad_request": "O navegador enviou algo que não conseguimos ler. Apague os cookies deste site e tente de novo.",
    "invalid_input": "Confira os dados e tente de novo.",
}

# Why a file cannot be attached, by the stored code of the reason.
FILE_REFUSALS = {
    "unknown_kind": "Não lemos este tipo de arquivo. Envie foto, PDF, áudio ou texto.",
    "office_or_zip": "Não lemos arquivos do Office nem compactados. Salve como PDF e envie de novo.",
    "video": "Não lemos vídeos. Envie foto, PDF, áudio ou texto.",
    "damaged": "Não conseguimos abrir este arquivo. Ele parece danificado ou incompleto.",
    "too_complex": "Este arquivo é complexo demais para abrirmos. Salve uma versão mais simples e envie de novo.",
    "too_many_pixels": "Esta imagem tem pixels demais. Diminua o tamanho dela e envie de novo.",
    "too_many_pages": "Este PDF tem mais de 300 páginas. Envie só as páginas de que você precisa.",
    "password": "Este PDF é protegido por senha. Salve uma cópia sem senha e envie de novo.",
    "audio_too_long": "Este áudio tem mais de 15 minutos. Envie em partes menores.",
    "text_too_long": "Este texto tem mais de 1 milhão de caracteres. Envie em partes menores.",
    "empty_text": "Este arquivo está vazio.",
}

FIELDS = {
    "missing": "preencha este campo",
    "json_invalid": "O corpo do pedido não é um JSON válido.",
    "string_too_short": "escreva pelo menos {min_length} caracteres",
    "string_too_long": "use no máximo {max_length} caracteres",
    "string_type": "escreva um texto",
    "string_unicode": "há caracteres que não conseguimos guardar",
    "int_parsing": "escreva um número inteiro",
    "int_type": "escreva um número inteiro",
    "greater_than_equal": "use pelo menos {ge}",
    "less_than_equal": "use no máximo {le}",
    "bool_type": "marque sim ou não",
    "bool_parsing": "marque sim ou não",
    "too_long": "use no máximo {max_length}",
}
FIELD_OTHERWISE = "este valor não serve"

FIELD_NAMES = {
    "nome": "Nome",
    "email": "E-mail",
    "senha": "Senha",
    "instrucoes": "Instruções",
    "texto": "Texto",
    "titulo": "Nome",
    "termos_registro": "Termos de uso",
    "message": "Mensagem",
    "nome_completo": "Nome",
    "senha_atual": "Senha atual",
    "profile_pic": "Foto",
}

NAME_EMPTY = "Diga como podemos chamar você."
EMAIL_NOT_VALID = "Escreva um e-mail válido, como voce@exemplo.com.br."
PASSWORD_SHORT = "A senha precisa de pelo menos 8 caracteres."  # noqa: S105 - a sentence
PASSWORD_LONG = "A senha pode ter no máximo 128 caracteres."  # noqa: S105 - a sentence
PASSWORD_COMMON = "Essa senha é fácil de adivinhar: muita gente usa uma igual ou parecida. Escolha outra."  # noqa: S105 - a sentence
PASSWORD_PERSONAL = "Essa senha é fácil de adivinhar para quem sabe seu nome ou e-mail. Escolha outra."  # noqa: S105 - a sentence
PASSWORD_IS_EMAIL = "A senha não pode ser o seu e-mail."  # noqa: S105 - a sentence
PASSWORD_WRONG = "A senha atual não confere."  # noqa: S105 - a sentence
REGISTRATION_PASSWORD_WRONG = "Esta não é a senha do cadastro. O link continua valendo."  # noqa: S105 - a sentence
REGISTRATION_PASSWORD_NEEDED = "Neste aparelho é preciso a senha do cadastro. O link continua valendo."  # noqa: S105 - a sentence
PICTURE_LARGE = "A foto pode ter até 2 MB e 16 megapixels."
PICTURE_NOT_VALID = "Não conseguimos abrir essa foto. Use JPEG, PNG, WebP ou GIF."
TERMS_NOT_ACCEPTED = "Para criar a conta é preciso ter 18 anos ou mais e aceitar os termos e a privacidade."
FILE_NAME_EMPTY = "O arquivo precisa de um nome."
MESSAGE_EMPTY = "Escreva uma mensagem."
ATTACHMENT_TWICE = "o mesmo arquivo está duas vezes na mensagem"
ATTACHMENTS_STAY = "Uma pergunta editada fica com os arquivos que já tem."
TEMPORARY_FROM_THE_BEGINNING = "Só uma conversa nova pode ser temporária."
TEMPORARY_TITLE = "Conversa temporária"
NEW_AND_NAMED = "Diga a conversa ou peça uma nova; as duas coisas juntas não dá."

# Shown after the sentence about a reply that failed without text.
NO_THINKING = "O modo Pensar mais não está disponível. Use o Rápido."
NO_SEARCH = "A busca na web não está disponível nesta instalação. Envie sem buscar."
# Why a reply that was asked to search has no sources, by the code of the notice.
SEARCH_NOTICES = {
    "search_unavailable": "A busca na web não funcionou agora. Esta resposta foi escrita sem ela, e não contou como"
    " busca.",
    "no_search": "O Gemini respondeu sem precisar buscar na web.",
    "expired": "Esta resposta usava fontes da web. Pelas regras do Google, ela foi apagada depois de 23 meses.",
}
# The text that replaces an expired reply.
SEARCH_EXPIRED = "(Resposta com fontes da web, apagada depois de 23 meses.)"
# Shown with the sources of a reply.
SEARCH_KEPT = "Pelas regras do Google, uma resposta com fontes da web é apagada depois de 23 meses."
# The operator has given the account a limit of 0 messages.
NO_MESSAGES = "Sua conta não pode enviar mensagens. Escreva para quem administra este FalaAí."
NOT_COUNTED = "Esta tentativa não contou no seu limite de hoje."
REPLY_STOPPED = "Você interrompeu esta resposta."
REPLY_ABANDONED = "Esta resposta parou no caminho. Sua pergunta está guardada."
# Shown above a reply that takes too long to render or becomes too large.
REPLY_UNFORMATTED = "Mostrada sem formatação: esta resposta é complexa demais."
# Last line of an exported file if the conversation continues in another file.
EXPORT_GOES_ON = "A conversa é longa e continua em outro arquivo: {address}"
PINNED_GROUP = "Fixadas"

REGISTERED = "Conta criada. Enviamos um link de confirmação para o seu e-mail."
SIGNED_IN = "Bem-vindo de volta."
SIGNED_OUT = "Você saiu da sua conta."
RESET_ON_ITS_WAY = "Se este e-mail tem uma conta, enviamos um link para criar outra senha."
PASSWORD_RESET = "Senha trocada. Entre com a nova."  # noqa: S105 - a sentence
NOTHING_CHANGED = "Você não mudou nada."
PROFILE_CHANGED = "Perfil atualizado."
INSTRUCTIONS_SAVED = "Pronto. O FalaAí fala assim com você a partir da próxima mensagem."
INSTRUCTIONS_REMOVED = "Pronto. O FalaAí volta a falar do jeito de sempre."
# Beginnings of instructions that the profile page offers.
INSTRUCTION_EXAMPLES = (
    "Responda curto, em até três frases.",
    "Explique passo a passo, como para quem está começando.",
    "Prefira listas e exemplos do dia a dia.",
    "Sou professora e uso as respostas em aula.",
    "Escreva de um jeito formal.",
    "Se eu errar o português, corrija e explique.",
)
SEARCH_ON = "Suas novas mensagens vão buscar na web."
SEARCH_OFF = "Suas novas mensagens não buscam mais na web, a não ser que você peça."
PROMPT_TITLE_EMPTY = "Dê um nome à mensagem."
PROMPT_EMPTY = "Escreva a mensagem."
PROMPT_DELETED = "Mensagem apagada."
PROMPTS_FULL = "Já são 100 mensagens prontas. Apague alguma para guardar outra."
FACT_EMPTY = "Escreva o que é para lembrar."
FACT_FORGOTTEN = "Esquecido."
MEMORY_FULL = "A memória está cheia: são 200 fatos. Apague algum para guardar outro."
MEMORY_PAUSED = "Memória em pausa. Nada novo é guardado, e o que já foi guardado não é usado."
MEMORY_GOES_ON = "A memória voltou. O que você escreveu durante a pausa não é guardado."
MEMORY_FORGOTTEN = "Tudo esquecido."
PICTURE_REMOVED = "Foto removida."
NEW_EMAIL_ASKED = "Falta confirmar: enviamos um link ao novo e-mail. Até lá vale o de agora."
EMAIL_STAYS = "Seu e-mail continua o mesmo. Nenhuma troca está pendente."
SESSION_ENDED = "O acesso daquele aparelho foi encerrado."
SESSIONS_ENDED = "Os outros acessos foram encerrados."
EXPORT_REQUESTED = "Estamos preparando o arquivo. Você recebe um e-mail quando ele estiver pronto."
PASSWORD_CONFIRMED = "Senha confirmada. Vale por 10 minutos."  # noqa: S105 - a sentence
# In place of the operator's address, if the deployment has none.
OPERATOR = "quem administra este FalaAí"
# What an operator's act has done, by its name.
ACTS = {
    "bloquear": "Conta bloqueada. Os acessos e as respostas em andamento foram encerrados.",
    "desbloquear": "Conta desbloqueada. A pessoa pode entrar de novo.",
    "cota": "Limite diário guardado. Vale a partir da próxima mensagem.",
    "papel": "Papel guardado.",
    "encerrar": "Todos os acessos desta conta foram encerrados.",
    "reenviar": "Se o e-mail ainda espera confirmação, enviamos outro link.",
    "revogar": "Convite encerrado. As contas feitas com ele ficam.",
    "apagar": "Conta apagada. O que era dela está sendo apagado.",
}
# The same acts in the audit, in which rows have no other text.
ACT_NAMES = {
    "bloquear": "bloqueou",
    "desbloquear": "desbloqueou",
    "cota": "mudou o limite diário",
    "papel": "mudou o papel",
    "encerrar": "encerrou os acessos",
    "reenviar": "reenviou a confirmação",
    "apagar": "apagou a conta",
    "convidar": "fez o convite",
    "revogar": "encerrou o convite",
}
# Reasons of bad ratings, as the operators' page counts them.
REASONS = {
    "": "sem motivo",
    "incorreta": "incorreta",
    "fora_do_pedido": "fora do pedido",
    "tamanho": "tamanho",
    "tom": "tom",
    "ofensiva": "ofensiva",
    "outra": "outro motivo",
}
ACCOUNT_DELETED = "Sua conta e tudo o que era dela foram apagados."
EMAIL_ON_ITS_WAY = "Se este e-mail tem uma conta à espera de confirmação, enviamos um novo link."
TITLE_EMPTY = "Dê um nome à conversa."
CONVERSATION_DELETED = "Conversa apagada."
CHAT_RESET = "Pronto, vamos começar uma conversa nova."

# Beginnings of a question; ___ is the place for the user's own words. A page shows some of them, different ones each
# day.
SUGGESTIONS = (
    "Me ajude a planejar ___",
    "Explique ___ de um jeito simples",
    "Escreva uma mensagem educada para ___",
    "Monte uma lista de compras para ___",
    "Quais são as vantagens e desvantagens de ___?",
    "Corrija este texto e diga o que mudou: ___",
    "Me dê cinco ideias para ___",
    "Faça um resumo deste texto: ___",
    "Monte um cardápio da semana com ___",
    "O que dá para cozinhar com ___?",
    "Escreva um e-mail pedindo ___",
    "Faça um roteiro de três dias em ___",
    "Me faça cinco perguntas para estudar ___",
    "Compare ___ em uma tabela",
    "Monte um orçamento do mês com renda de ___",
    "Escreva uma legenda para uma foto de ___",
    "Explique esta conta ou cobrança: ___",
    "Me ajude a me preparar para uma entrevista de ___",
    "Escreva um convite para ___",
    "Traduza para o inglês, em tom informal: ___",
    "Reescreva de um jeito mais claro: ___",
    "Sugira um presente para ___",
    "Conte uma história curta sobre ___",
    "Faça um plano de estudos para ___",
)

# Sentences that scripts show. They are bundled with the scripts (falaai.web.scripts).
IN_THE_BROWSER = {
    "offline": "Sem conexão. Sua mensagem será enviada quando ela voltar.",
    "offlineReading": "Sem conexão. A resposta continua quando ela voltar.",
    "offlineElsewhere": "Sem conexão. Confira a internet e tente de novo.",
    "noServer": "Não foi possível falar com o servidor. Tente de novo em alguns segundos.",
    "sessionEnded": "Sua sessão terminou. Entre de novo para continuar — o rascunho fica aqui.",
    "signIn": "Entrar",
    "gone": "Esta conversa não existe mais. O que você escreveu continua aqui.",
    "newChat": "Nova conversa",
    "temporaryChat": "Conversa temporária",
    "newTemporaryChat": "Nova conversa temporária",
    "temporaryOn": "Conversa temporária. Ela some quando você sair dela.",
    "temporaryOff": "Conversa comum.",
    "temporaryFiles": "Numa conversa temporária não dá para anexar arquivos.",
    "tooLong": "Sua mensagem tem {count} caracteres; o limite é {max}.",
    "send": "Enviar",
    "stop": "Parar",
    "answering": "Escrevendo a resposta.",
    "stillAnswering": "Ainda escrevendo a resposta.",
    "answered": "Resposta pronta.",
    "takesLong": "Está demorando mais que o normal. Pode esperar ou parar.",
    "thinks": "Pensando. Neste modo, a resposta pode levar um minuto ou mais. Pode esperar ou parar.",
    "searchingWeb": "Buscando na web…",
    "searchOn": "Ligar a busca na web",
    "searchOff": "Desligar a busca na web",
    "sendWithoutSearch": "Enviar sem buscar",
    "againWithoutSearch": "Responder sem buscar",
    "allSources": "Mostrar as {count} fontes",
    "answeredFrom": "Resposta pronta, com {count} fontes.",
    "answeredFromOne": "Resposta pronta, com 1 fonte.",
    "goOn": "Continuar",
    "goOnMessage": "Continue de onde parou.",
    "again": "Responder de novo",
    "retry": "Tentar de novo",
    "cancel": "Cancelar",
    "pageTitle": "{title} · FalaAí",
    "editQuestion": "Editar pergunta",
    "versionOf": "Versão {version} de {versions}",
    "inOtherVersion": "O trecho está em outra versão desta conversa.",
    "showVersion": "Mostrar essa versão",
    "otherVersion": "em outra versão",
    "copy": "Copiar",
    "code": "código",
    "copied": "Copiado",
    "notCopied": "O navegador não deixou copiar. Selecione o texto e copie.",
    "now": "agora",
    "pin": "Fixar",
    "unpin": "Desafixar",
    "left": "restam {count} mensagens hoje",
    "leftOne": "resta 1 mensagem hoje",
    "leftNone": "sem mensagens até a meia-noite",
    "thinkingLeft": "restam {count} hoje",
    "thinkingLeftOne": "resta 1 hoje",
    "thinkingLeftNone": "acabou por hoje",
    "found": "{count} conversas encontradas",
    "foundOne": "1 conversa encontrada",
    "foundNone": "Nada encontrado para “{words}”.",
    "listen": "Ouvir resposta",
    "listenLast": "Ouvir a última resposta",
    "pauseReading": "Pausar a leitura",
    "resumeReading": "Continuar a leitura",
    "readingPaused": "Leitura pausada.",
    "readingFailed": "O navegador não conseguiu ler em voz alta. Tente de novo.",
    "codeSkipped": "Código em {language}, {count} linhas, não lido.",
    "codeSkippedOne": "Código em {language}, 1 linha, não lido.",
    "formula": "fórmula",
    "linkTo": "link para {host}",
    "taskDone": "Feito: ",
    "taskOpen": "A fazer: ",
    "dictate": "Ditar mensagem",
    "stopDictation": "Parar de ditar",
    "dictating": "Pode falar.",
    "dictationEnded": "Ditado encerrado.",
    "dictationFailed": "O navegador não conseguiu ouvir em português. O que já foi escrito continua aqui.",
    "dictationOffline": "Sem conexão, o navegador não consegue transformar a fala em texto.",
    "microphoneRefused": "O navegador não deixou usar o microfone. Permita nas configurações do site.",
    "microphoneMissing": "Não encontramos um microfone. Confira se ele está ligado e tente de novo.",
    "nothingHeard": "Não ouvimos nada. Confira o microfone e fale mais perto.",
    "dictationHeading": "Ditar mensagem",
    "dictationNotice": "O {browser} envia o som do microfone a uma empresa, {company}, que devolve o texto. "
    "O FalaAí não recebe nem guarda o som; a mensagem só é enviada quando você quiser.",
    "dictationNoticeOther": "Seu navegador pode enviar o som do microfone à empresa que o faz, que devolve o texto. "
    "O FalaAí não recebe nem guarda o som; a mensagem só é enviada quando você quiser.",
    "dictationAgree": "Entendi, ditar",
    "readingHeading": "Ouvir resposta",
    "readingNotice": "Neste aparelho, a voz em português do {browser} vem da internet: "
    "o texto desta resposta é enviado a uma empresa, {company}, que devolve o som.",
    "readingNoticeOther": "Neste aparelho, a voz em português vem da internet: "
    "o texto desta resposta é enviado à empresa que faz o seu navegador ou sistema, que devolve o som.",
    "readingAgree": "Entendi, ouvir",
    "attach": "Anexar arquivos",
    "record": "Gravar áudio",
    "askImage": "O que há nesta imagem?",
    "askImages": "O que há nestas imagens?",
    "askDocument": "Resuma este documento.",
    "askDocuments": "Resuma estes documentos.",
    "askAudio": "Transcreva e resuma este áudio.",
    "askAudios": "Transcreva e resuma estes áudios.",
    "askFiles": "O que há nestes arquivos?",
    "filesWait": "Os arquivos ainda estão sendo enviados. A mensagem vai quando eles terminarem.",
    "filesFailed": "Um arquivo não foi aceito ou não chegou. Tente de novo ou retire-o para enviar a mensagem.",
    "filesTooMany": "Uma mensagem leva até {max} arquivos. Retire um deles para anexar outro.",
    "fileEmpty": "Este arquivo está vazio.",
    "fileTooLarge": "Este arquivo tem {size}; o limite é {max}.",
    "fileUploading": "Enviando, {percent} %",
    "fileChecking": "Conferindo o arquivo",
    "fileOffline": "O envio foi interrompido. Confira a internet e tente de novo.",
    "fileNotTaken": "O arquivo não chegou inteiro. Tente de novo.",
    "fileGone": "Esta conversa ou um dos arquivos não existe mais. O que você escreveu continua aqui.",
    "fileReady": "{name} está pronto para enviar.",
    "fileFailed": "{name}: {reason}",
    "fileRemoved": "{name} foi retirado.",
    "fileRetry": "Enviar {name} de novo",
    "fileRemove": "Retirar {name}",
    "fileCancel": "Cancelar o envio de {name}",
    "fileReread": "será lido de novo",
    "filesUnavailable": "Não foi possível abrir a parte dos arquivos. Confira a internet e tente de novo.",
    "pastedName": "Imagem colada",
    "kindImage": "Imagem",
    "kindPdf": "PDF",
    "kindAudio": "Áudio",
    "kindText": "Texto",
    "pages": "{count} páginas",
    "pagesOne": "1 página",
    "fileDeleted": "arquivo apagado",
    "openFile": "Abrir {name}",
    "fileOf": "Arquivo {number} de {count}",
    "fileBefore": "Arquivo anterior",
    "fileAfter": "Próximo arquivo",
    "close": "Fechar",
    "openInTab": "Abrir em outra aba",
    "download": "Baixar",
    "reread": "Reler o arquivo",
    "rereadAdded": "{name} vai junto com a próxima pergunta e será lido de novo.",
    "deleteFile": "Apagar arquivo",
    "deleteFileSure": "Apagar este arquivo? A mensagem fica na conversa; o arquivo, o resumo e a transcrição somem. "
    "Não dá para desfazer.",
    "deletingFile": "Arquivo apagado.",
    "digest": "Resumo",
    "transcript": "Transcrição",
    "copyTranscript": "Copiar transcrição",
    "digestPending": "O resumo está sendo feito e aparece aqui quando ficar pronto.",
    "transcriptPending": "A transcrição está sendo feita e aparece aqui quando ficar pronta.",
    "digestLate": "Está demorando mais que o normal.",
    "digestFailed": "Não foi possível resumir este arquivo. Você ainda pode pedir para relê-lo.",
    "transcriptReady": "A transcrição está pronta.",
    "checkAgain": "Conferir de novo",
    "recording": "Gravando",
    "recordingStarted": "Gravando. Pode falar por até {minutes} minutos.",
    "recordingLeft": "Falta 1 minuto de gravação.",
    "recordingFull": "A gravação chegou ao limite de {minutes} minutos e foi anexada.",
    "recordingDone": "Gravação anexada.",
    "recordingCanceled": "Gravação descartada.",
    "recordingEmpty": "Nada foi gravado. Fale um pouco antes de concluir.",
    "recordingFailed": "O navegador não conseguiu gravar. Tente de novo, ou anexe um áudio já gravado.",
    "recordingEnd": "Concluir gravação",
    "recordingCancel": "Descartar gravação",
    "recordingLevel": "Volume do microfone",
    "recordingName": "Gravação de {day}",
    "commands": "Comandos",
    "conversations": "Conversas",
    "recent": "Conversas recentes",
    "searching": "Buscando…",
    "options": "{count} opções",
    "optionsOne": "1 opção",
    "toComposer": "Ir para a mensagem",
    "stopReply": "Parar a resposta",
    "copyLast": "Copiar a última resposta",
    "renameThis": "Renomear esta conversa",
    "pinThis": "Fixar esta conversa",
    "unpinThis": "Desafixar esta conversa",
    "downloadThis": "Baixar esta conversa em {format}",
    "printThis": "Imprimir esta conversa",
    "deleteThis": "Apagar esta conversa",
    "modeIs": "Modo: {name}",
    "themeIs": "Aparência: {name}",
    "profile": "Seu perfil",
    "memory": "O que o FalaAí lembra de você",
    "prompts": "Mensagens prontas",
    "promptsFound": "{count} mensagens prontas",
    "promptsFoundOne": "1 mensagem pronta",
    "promptSaved": "Mensagem guardada.",
    "promptDeleted": "Mensagem apagada.",
    "remembered": "Guardei: {text}",
    "factForgotten": "Esquecido.",
    "forgetAllSure": "Apagar tudo o que o FalaAí lembra de você? Não dá para desfazer.",
    "forgetFact": "Apagar “{text}”",
    "editFact": "Editar “{text}”",
    "exportData": "Exportar meus dados",
    "keyList": "Atalhos de teclado",
    "signOut": "Sair",
    "ratingReason": "O que houve?",
    "ratingThanks": "Avaliação guardada. Obrigado.",
    "ratingBack": "Avaliação retirada.",
    "ratingWrong": "Está errada",
    "ratingOffTopic": "Não é o que pedi",
    "ratingLength": "Longa ou curta demais",
    "ratingTone": "Tom ruim",
    "ratingHarmful": "Ofensiva ou perigosa",
    "ratingOther": "Outro motivo",
    "rename": "Nome da conversa",
    "nameTooLong": "O nome tem {count} caracteres; o limite é {max}.",
    "titleChanged": "Conversa renomeada.",
    "conversationDeleted": "Conversa apagada.",
    "conversationRestored": "A conversa voltou para a lista.",
    "undoTooLate": "Não dá mais para desfazer.",
    "resendIn": "Enviar de novo em {wait}",
    "waitToRetry": "Tente de novo em {wait}",
    "pictureNotValid": PICTURE_NOT_VALID,
    "pictureHeic": "Este navegador não abre fotos HEIC, o formato do iPhone. Envie a foto como JPEG.",
    "pictureChosen": "Foto escolhida: {name}",
    "picturePreview": "Como a foto vai ficar",
    "passwordShow": "Mostrar",
    "passwordHide": "Ocultar",
}


def wait_in_words(seconds: int) -> str:
    """Return a duration in words, rounded up: "12 segundos", "1 minuto", "2 horas"."""
    for size, one, many in ((3600, "hora", "horas"), (60, "minuto", "minutos")):
        if seconds >= size:
            count = math.ceil(seconds / size)
            return f"{count} {one if count == 1 else many}"
    return f"{seconds} segundo" if seconds == 1 else f"{seconds} segundos"
