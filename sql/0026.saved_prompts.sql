-- Messages that users saved, to send them again with other words in the gaps.
-- depends: 0025.temporary_conversations
-- transactional: false

CREATE TABLE IF NOT EXISTS mensagens_prontas (
    id BIGINT AUTO_INCREMENT PRIMARY KEY,
    id_usuario BIGINT NOT NULL,
    titulo VARCHAR(50) NOT NULL,
    texto TEXT NOT NULL,
    criado_em DATETIME(6) NOT NULL,
    INDEX mensagens_prontas_usuario (id_usuario, id)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
