-- Count the use of each user and, with id_usuario 0, of all users together, by days of Sao Paulo.
-- depends: 0008.generations
-- transactional: false

CREATE TABLE IF NOT EXISTS uso_diario (
    id_usuario INT NOT NULL,
    dia DATE NOT NULL,
    mensagens INT NOT NULL DEFAULT 0,
    tokens_entrada BIGINT NOT NULL DEFAULT 0,
    tokens_saida BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (id_usuario, dia),
    KEY uso_dia (dia)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
