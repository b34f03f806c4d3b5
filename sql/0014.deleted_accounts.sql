-- Keep the ids of deleted accounts, so that an account stays deleted when an older backup is restored.
-- depends: 0013.shares
-- transactional: false

CREATE TABLE IF NOT EXISTS contas_apagadas (
    id BIGINT NOT NULL PRIMARY KEY,
    apagada_em DATETIME(6) NOT NULL,
    KEY contas_apagadas_em (apagada_em)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
