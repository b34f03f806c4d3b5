-- Store the files that users attach to messages.
-- depends: 0020.modes
-- transactional: false

-- arquivos has one row for each different content of a user: the same file sent twice is stored once.
-- origem_sha256 is of the uploaded bytes, sha256 of the stored ones, which may be re-encoded.
-- conferir_em is set when a use of the file is deleted: the cleanup then deletes the file if no other use is left.
CREATE TABLE IF NOT EXISTS arquivos (
    id BIGINT AUTO_INCREMENT PRIMARY KEY,
    id_usuario BIGINT NOT NULL,
    origem_sha256 CHAR(64) NOT NULL,
    sha256 CHAR(64) NOT NULL,
    chave VARCHAR(128) NOT NULL,
    especie ENUM('imagem', 'pdf', 'audio', 'texto') NOT NULL,
    tipo VARCHAR(64) NOT NULL,
    tamanho BIGINT NOT NULL,
    paginas INT NULL,
    segundos INT NULL,
    largura INT NULL,
    altura INT NULL,
    tokens INT NOT NULL,
    trecho MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    resumo_estado ENUM('pendente', 'pronto', 'erro') NOT NULL DEFAULT 'pendente',
    resumo MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    transcricao MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    criado_em DATETIME(6) NOT NULL,
    conferir_em DATETIME(6) NULL,
    UNIQUE KEY arquivos_origem (id_usuario, origem_sha256),
    KEY arquivos_chave (chave),
    KEY arquivos_conferir (conferir_em)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- anexos has one row for each use of a file: an upload, which belongs to a message once it is sent. A new version of a
-- question gets rows of its own. expira_em is set until then. chave is the key of the upload.
CREATE TABLE IF NOT EXISTS anexos (
    id BIGINT AUTO_INCREMENT PRIMARY KEY,
    id_usuario BIGINT NOT NULL,
    id_arquivo BIGINT NULL,
    id_conversa BIGINT NULL,
    id_mensagem BIGINT NULL,
    posicao INT NOT NULL DEFAULT 0,
    chave VARCHAR(128) NULL,
    nome VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    tamanho BIGINT NOT NULL,
    estado ENUM('enviando', 'pronto', 'recusado', 'apagado') NOT NULL DEFAULT 'enviando',
    motivo VARCHAR(32) NULL,
    criado_em DATETIME(6) NOT NULL,
    expira_em DATETIME(6) NULL,
    KEY anexos_usuario (id_usuario, id),
    KEY anexos_conversa (id_conversa, id),
    KEY anexos_mensagem (id_mensagem),
    KEY anexos_arquivo (id_arquivo),
    KEY anexos_expira (expira_em)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

ALTER TABLE uso_diario ADD COLUMN bytes_enviados BIGINT NOT NULL DEFAULT 0;
