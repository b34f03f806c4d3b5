-- Add the columns for order, pins, titles chosen by the user, and the running summary.
-- depends: 0005.emails
-- transactional: false

ALTER TABLE conversas
    MODIFY data_criacao DATETIME(6) NOT NULL,
    MODIFY data_atualizacao DATETIME(6) NOT NULL,
    ADD COLUMN ultima_seq INT NOT NULL DEFAULT 0,
    ADD COLUMN fixada BOOLEAN NOT NULL DEFAULT FALSE,
    ADD COLUMN titulo_manual BOOLEAN NOT NULL DEFAULT FALSE,
    ADD COLUMN resumo MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    ADD COLUMN resumo_ate_seq INT NOT NULL DEFAULT 0,
    ADD COLUMN resumo_versao INT NOT NULL DEFAULT 0;

ALTER TABLE conversas MODIFY titulo_conversa VARCHAR(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
    NOT NULL DEFAULT 'Nova Conversa';

ALTER TABLE conversas ADD INDEX conversas_lista (id_usuario, fixada, data_atualizacao, id);

ALTER TABLE conversas ADD INDEX conversas_sem_uso (fixada, data_atualizacao, id);
