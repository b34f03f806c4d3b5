-- Store the hashes of the tokens in emailed links. Unused verification codes of the original FalaAI stay valid.
-- depends: 0002.sessions
-- transactional: false

CREATE TABLE IF NOT EXISTS tokens (
    chave CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    id_usuario INT NOT NULL,
    finalidade VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    dados VARCHAR(255) NULL,
    criado_em DATETIME(6) NOT NULL,
    expira_em DATETIME(6) NOT NULL,
    usado_em DATETIME(6) NULL,
    KEY tokens_usuario (id_usuario, finalidade),
    KEY tokens_expira (expira_em),
    FOREIGN KEY (id_usuario) REFERENCES usuarios (id) ON DELETE CASCADE
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

INSERT IGNORE INTO tokens (chave, id_usuario, finalidade, criado_em, expira_em)
SELECT SHA2(verification_code, 256), id, 'verificar', UTC_TIMESTAMP(6), code_expiration
FROM usuarios
WHERE verification_code IS NOT NULL AND code_expiration IS NOT NULL AND email_verified = FALSE;

UPDATE usuarios SET verification_code = NULL, code_expiration = NULL WHERE verification_code IS NOT NULL;
