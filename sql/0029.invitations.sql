-- Invitations of operators, the addresses that used them, and the group of an account.
-- depends: 0028.operators
-- transactional: false

-- chave is the SHA-256 of the link's token; for an invitation by email, the email function makes the token later.
CREATE TABLE IF NOT EXISTS convites (
    id BIGINT AUTO_INCREMENT PRIMARY KEY,
    id_usuario BIGINT NOT NULL,
    chave CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    email VARCHAR(255) NULL,
    usos INT NOT NULL,
    usados INT NOT NULL DEFAULT 0,
    cota_diaria INT NULL,
    grupo VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NULL,
    criado_em DATETIME(6) NOT NULL,
    expira_em DATETIME(6) NOT NULL,
    revogado_em DATETIME(6) NULL,
    UNIQUE KEY convites_chave (chave),
    KEY convites_usuario (id_usuario),
    KEY convites_em (criado_em, id),
    KEY convites_expira (expira_em)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- chave is an HMAC of the address, so that the same address can register again with the same invitation.
CREATE TABLE IF NOT EXISTS convites_usos (
    id_convite BIGINT NOT NULL,
    chave CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    usado_em DATETIME(6) NOT NULL,
    PRIMARY KEY (id_convite, chave)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

ALTER TABLE usuarios ADD COLUMN grupo VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NULL;
