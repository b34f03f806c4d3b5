-- Facts that users told about themselves, for the prompts of all their conversations.
-- depends: 0023.web_searches
-- transactional: false

-- id_mensagem is the question that the fact comes from; a fact that the user wrote or changed on the page has none.
CREATE TABLE IF NOT EXISTS fatos (
    id BIGINT AUTO_INCREMENT PRIMARY KEY,
    id_usuario BIGINT NOT NULL,
    texto VARCHAR(200) NOT NULL,
    id_mensagem BIGINT NULL,
    criado_em DATETIME(6) NOT NULL,
    INDEX fatos_usuario (id_usuario, id),
    INDEX fatos_mensagem (id_mensagem)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- Messages from before memoria_desde are no sources: they are older than this table, than the end of a pause, or than
-- the deletion of all facts.
ALTER TABLE usuarios
    ADD COLUMN memoria_pausada BOOLEAN NOT NULL DEFAULT FALSE,
    ADD COLUMN memoria_desde DATETIME(6) NULL;

UPDATE usuarios SET memoria_desde = UTC_TIMESTAMP(6) WHERE memoria_desde IS NULL;

-- Questions up to fatos_ate_seq have been read for facts. fatos_guardados counts the facts stored from a conversation.
ALTER TABLE conversas
    ADD COLUMN fatos_ate_seq INT NOT NULL DEFAULT 0,
    ADD COLUMN fatos_guardados INT NOT NULL DEFAULT 0;
