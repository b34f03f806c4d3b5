-- Store the key of each transaction. If the answer to a COMMIT is lost, the key shows whether it took effect.
-- depends: 0010.new_emails
-- transactional: false

CREATE TABLE IF NOT EXISTS transacoes (
    chave CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    feita_em DATETIME(6) NOT NULL,
    KEY transacoes_feita (feita_em)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
