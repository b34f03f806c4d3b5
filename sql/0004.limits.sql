-- Add the counters of rate limits, which all processes share.
-- depends: 0003.tokens
-- transactional: false

CREATE TABLE IF NOT EXISTS limites (
    chave CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    inicio DATETIME(6) NOT NULL,
    fim DATETIME(6) NOT NULL,
    contagem INT NOT NULL,
    KEY limites_fim (fim)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
