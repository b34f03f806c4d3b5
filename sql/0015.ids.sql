-- Make all ids BIGINT while the tables are small. TiDB gives each of its servers 30,000 ids at a time.
-- depends: 0014.deleted_accounts
-- transactional: false

-- No server changes the type of a column under a foreign key. Without these keys the product keeps its promises, since
-- it deletes the rows of an account itself. MariaDB, TiDB and this migration name them differently; a missing key is
-- skipped. The new names are dropped first, so that an interrupted run begins again.
ALTER TABLE mensagens DROP FOREIGN KEY mensagens_ibfk_1;

ALTER TABLE mensagens DROP FOREIGN KEY fk_1;

ALTER TABLE mensagens DROP FOREIGN KEY fk_mensagens_conversas;

ALTER TABLE conversas DROP FOREIGN KEY conversas_ibfk_1;

ALTER TABLE conversas DROP FOREIGN KEY fk_1;

ALTER TABLE conversas DROP FOREIGN KEY fk_conversas_usuarios;

ALTER TABLE sessoes DROP FOREIGN KEY sessoes_ibfk_1;

ALTER TABLE sessoes DROP FOREIGN KEY fk_1;

ALTER TABLE sessoes DROP FOREIGN KEY fk_sessoes_usuarios;

ALTER TABLE tokens DROP FOREIGN KEY tokens_ibfk_1;

ALTER TABLE tokens DROP FOREIGN KEY fk_1;

ALTER TABLE tokens DROP FOREIGN KEY fk_tokens_usuarios;

-- Drop the indexes of the old keys: mensagens_seq and conversas_lista begin with the same columns.
ALTER TABLE mensagens DROP INDEX fk_1;

ALTER TABLE mensagens DROP INDEX id_conversa;

ALTER TABLE conversas DROP INDEX fk_1;

ALTER TABLE conversas DROP INDEX id_usuario;

ALTER TABLE usuarios MODIFY id BIGINT NOT NULL AUTO_INCREMENT;

ALTER TABLE conversas MODIFY id BIGINT NOT NULL AUTO_INCREMENT, MODIFY id_usuario BIGINT NOT NULL;

ALTER TABLE mensagens MODIFY id BIGINT NOT NULL AUTO_INCREMENT, MODIFY id_conversa BIGINT NOT NULL;

ALTER TABLE sessoes MODIFY id_usuario BIGINT NOT NULL, MODIFY id_conversa_ativa BIGINT NULL;

ALTER TABLE tokens MODIFY id_usuario BIGINT NOT NULL;

ALTER TABLE uso_diario MODIFY id_usuario BIGINT NOT NULL;

-- Delete rows without an owner, which would prevent the new keys. They exist if the keys were not enforced.
DELETE conversas FROM conversas LEFT JOIN usuarios ON usuarios.id = conversas.id_usuario WHERE usuarios.id IS NULL;

DELETE mensagens FROM mensagens LEFT JOIN conversas ON conversas.id = mensagens.id_conversa WHERE conversas.id IS NULL;

DELETE sessoes FROM sessoes LEFT JOIN usuarios ON usuarios.id = sessoes.id_usuario WHERE usuarios.id IS NULL;

DELETE tokens FROM tokens LEFT JOIN usuarios ON usuarios.id = tokens.id_usuario WHERE usuarios.id IS NULL;

ALTER TABLE conversas ADD CONSTRAINT fk_conversas_usuarios FOREIGN KEY (id_usuario) REFERENCES usuarios (id);

ALTER TABLE mensagens ADD CONSTRAINT fk_mensagens_conversas
    FOREIGN KEY (id_conversa) REFERENCES conversas (id) ON DELETE CASCADE;

ALTER TABLE sessoes ADD CONSTRAINT fk_sessoes_usuarios
    FOREIGN KEY (id_usuario) REFERENCES usuarios (id) ON DELETE CASCADE;

ALTER TABLE tokens ADD CONSTRAINT fk_tokens_usuarios
    FOREIGN KEY (id_usuario) REFERENCES usuarios (id) ON DELETE CASCADE;
