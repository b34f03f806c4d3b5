-- Users' ratings of replies, with a reason from a list and without text.
-- depends: 0026.saved_prompts
-- transactional: false

-- A rating stays when its conversation is deleted: it holds no word of it.
CREATE TABLE IF NOT EXISTS avaliacoes (
    id_mensagem BIGINT NOT NULL,
    geracao INT NOT NULL,
    id_usuario BIGINT NOT NULL,
    nota ENUM('boa', 'ruim') NOT NULL,
    motivo VARCHAR(20) NULL,
    modelo VARCHAR(64) NULL,
    dia DATE NOT NULL,
    PRIMARY KEY (id_mensagem, geracao),
    INDEX avaliacoes_usuario (id_usuario, id_mensagem, geracao),
    INDEX avaliacoes_dia (dia)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
