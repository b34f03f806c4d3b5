-- Store the web search of a reply with the reply, and count searches.
-- depends: 0022.instructions
-- transactional: false

-- buscar: the message was sent with a search. buscada_em is set while the text of a reply may come from a search: such
-- a text is not summarized, and it ends after some time. pesquisa is JSON: sources, citations, queries and a notice.
-- sugestoes is Google's HTML, which must be shown with the text, unaltered.
ALTER TABLE mensagens
    ADD COLUMN buscar BOOLEAN NOT NULL DEFAULT FALSE,
    ADD COLUMN buscada_em DATETIME(6) NULL,
    ADD COLUMN pesquisa MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    ADD COLUMN sugestoes MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL;

ALTER TABLE mensagens ADD INDEX mensagens_buscadas (buscada_em);

ALTER TABLE usuarios ADD COLUMN buscar BOOLEAN NOT NULL DEFAULT FALSE;

-- buscas: replies with a search. consultas: queries that Gemini made for them, which are billed.
ALTER TABLE uso_diario
    ADD COLUMN buscas INT NOT NULL DEFAULT 0,
    ADD COLUMN consultas INT NOT NULL DEFAULT 0;
