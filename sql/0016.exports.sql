-- Store requests for an archive of all data of a user, and mark accounts whose rows are being deleted.
-- depends: 0015.ids
-- transactional: false

CREATE TABLE IF NOT EXISTS exportacoes (
    id BIGINT AUTO_INCREMENT PRIMARY KEY,
    id_usuario BIGINT NOT NULL,
    estado ENUM('preparando', 'pronta', 'erro') NOT NULL DEFAULT 'preparando',
    tentativas INT NOT NULL DEFAULT 0,
    tamanho BIGINT NULL,
    criada_em DATETIME(6) NOT NULL,
    iniciada_em DATETIME(6) NULL,
    pronta_em DATETIME(6) NULL,
    expira_em DATETIME(6) NOT NULL,
    KEY exportacoes_usuario (id_usuario, id),
    KEY exportacoes_expira (expira_em)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- An account with a long history is closed at once; its rows are then deleted in batches.
ALTER TABLE usuarios ADD COLUMN apagada_em DATETIME(6) NULL;

ALTER TABLE usuarios ADD INDEX usuarios_apagadas (apagada_em);
