-- Add a gapless number within the conversation (seq), a state, and the client's own id to messages.
-- depends: 0006.conversations
-- transactional: false

ALTER TABLE mensagens
    MODIFY conteudo MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    MODIFY data_envio DATETIME(6) NOT NULL,
    ADD COLUMN seq INT NULL,
    ADD COLUMN estado ENUM('completa', 'gerando', 'interrompida', 'erro') NOT NULL DEFAULT 'completa',
    ADD COLUMN chave VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    ADD COLUMN escrita_em DATETIME(6) NULL,
    ADD COLUMN modelo VARCHAR(64) NULL,
    ADD COLUMN tokens_entrada INT NULL,
    ADD COLUMN tokens_saida INT NULL,
    ADD COLUMN erro VARCHAR(32) NULL;

-- Number old messages in the order in which they were sent.
UPDATE mensagens
JOIN (
    SELECT id, ROW_NUMBER() OVER (PARTITION BY id_conversa ORDER BY data_envio, id) AS posicao FROM mensagens
) AS ordem ON ordem.id = mensagens.id
SET mensagens.seq = ordem.posicao
WHERE mensagens.seq IS NULL;

UPDATE conversas
SET ultima_seq = (SELECT COALESCE(MAX(mensagens.seq), 0) FROM mensagens WHERE mensagens.id_conversa = conversas.id)
WHERE ultima_seq = 0;

ALTER TABLE mensagens MODIFY seq INT NOT NULL;

ALTER TABLE mensagens ADD UNIQUE INDEX mensagens_seq (id_conversa, seq);

ALTER TABLE mensagens ADD UNIQUE INDEX mensagens_chave (id_conversa, chave);

ALTER TABLE mensagens ADD INDEX mensagens_gerando (estado, escrita_em);
