-- Roles, blocks and own daily limits of accounts, the last confirmation of a session's password, and the acts of operators.
-- depends: 0027.ratings
-- transactional: false

ALTER TABLE usuarios
    ADD COLUMN papel ENUM('pessoa', 'admin') NOT NULL DEFAULT 'pessoa',
    ADD COLUMN bloqueada_em DATETIME(6) NULL,
    ADD COLUMN cota_diaria INT NULL;

-- The accounts with a role are found by it; there are few of them.
ALTER TABLE usuarios ADD INDEX usuarios_papel (papel);

ALTER TABLE sessoes ADD COLUMN confirmada_em DATETIME(6) NULL;

-- Rows are added and never changed or deleted. They have ids, numbers and names of roles, and no text of a user.
-- id_admin 0 is the command line.
CREATE TABLE IF NOT EXISTS auditoria (
    id BIGINT AUTO_INCREMENT PRIMARY KEY,
    id_admin BIGINT NOT NULL,
    id_alvo BIGINT NOT NULL,
    acao VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    valor VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NULL,
    feita_em DATETIME(6) NOT NULL,
    KEY auditoria_em (feita_em, id),
    KEY auditoria_alvo (id_alvo, feita_em)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
