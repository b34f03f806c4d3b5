-- Create the three tables of the original FalaAI (v0). A database of the original has them already.
-- transactional: false

CREATE TABLE IF NOT EXISTS usuarios (
    id INT AUTO_INCREMENT PRIMARY KEY,
    nome VARCHAR(255) NOT NULL,
    email VARCHAR(255) UNIQUE NOT NULL,
    senha VARCHAR(255) NOT NULL,
    termos_registro BOOLEAN NOT NULL,
    data_registro DATETIME NOT NULL,
    email_verified BOOLEAN DEFAULT FALSE,
    verification_code VARCHAR(36) NULL,
    code_expiration DATETIME NULL,
    profile_pic_url VARCHAR(255) DEFAULT '/static/images/default_profile.png'
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS conversas (
    id INT AUTO_INCREMENT PRIMARY KEY,
    id_usuario INT NOT NULL,
    titulo_conversa VARCHAR(50) DEFAULT 'Nova Conversa',
    data_criacao DATETIME NOT NULL,
    data_atualizacao DATETIME NOT NULL,
    FOREIGN KEY (id_usuario) REFERENCES usuarios (id)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS mensagens (
    id INT AUTO_INCREMENT PRIMARY KEY,
    id_conversa INT NOT NULL,
    remetente ENUM('usuario', 'ia') NOT NULL,
    conteudo TEXT NOT NULL,
    data_envio DATETIME NOT NULL,
    FOREIGN KEY (id_conversa) REFERENCES conversas (id) ON DELETE CASCADE
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
