-- The cost of replies, the failures of each user and day, and the totals of days that have ended.
-- depends: 0029.invitations
-- transactional: false

-- Millionths of a dollar. Days before this migration have tokens without a cost.
ALTER TABLE uso_diario ADD COLUMN custo_microusd BIGINT NOT NULL DEFAULT 0;

CREATE TABLE IF NOT EXISTS falhas_diarias (
    id_usuario BIGINT NOT NULL,
    dia DATE NOT NULL,
    codigo VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    contagem INT NOT NULL,
    PRIMARY KEY (id_usuario, dia, codigo),
    KEY falhas_dia (dia, codigo)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- Sums of all users, which the cleanup writes once for each day. They stay when accounts go.
CREATE TABLE IF NOT EXISTS uso_total (
    dia DATE NOT NULL PRIMARY KEY,
    pessoas INT NOT NULL,
    mensagens BIGINT NOT NULL,
    pensadas BIGINT NOT NULL,
    buscas BIGINT NOT NULL,
    consultas BIGINT NOT NULL,
    tokens_entrada BIGINT NOT NULL,
    tokens_saida BIGINT NOT NULL,
    bytes_enviados BIGINT NOT NULL,
    custo_microusd BIGINT NOT NULL
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
