-- Keep sessions in the database, so that a sign-out takes effect at the next request in every process.
-- depends: 0001.seed
-- transactional: false

CREATE TABLE IF NOT EXISTS sessoes (
    id BIGINT AUTO_INCREMENT PRIMARY KEY,
    chave CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    id_usuario INT NOT NULL,
    id_conversa_ativa INT NULL,
    criada_em DATETIME(6) NOT NULL,
    vista_em DATETIME(6) NOT NULL,
    expira_em DATETIME(6) NOT NULL,
    navegador VARCHAR(255) NOT NULL DEFAULT '',
    endereco VARCHAR(45) NOT NULL DEFAULT '',
    UNIQUE KEY sessoes_chave (chave),
    KEY sessoes_usuario (id_usuario),
    KEY sessoes_expira (expira_em),
    FOREIGN KEY (id_usuario) REFERENCES usuarios (id) ON DELETE CASCADE
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
