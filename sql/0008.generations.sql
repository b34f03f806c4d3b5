-- Number the tries at a reply, so that an abandoned try cannot write into a later one.
-- depends: 0007.messages
-- transactional: false

ALTER TABLE mensagens ADD COLUMN geracao INT NOT NULL DEFAULT 1;

-- A client's id is searched in all conversations of a user.
ALTER TABLE mensagens ADD INDEX mensagens_por_chave (chave);
