-- Each try at a reply has a number, so that a try long given up cannot write into the next one.
-- depends: 0007.messages
-- transactional: false

ALTER TABLE mensagens ADD COLUMN geracao INT NOT NULL DEFAULT 1;

-- A client's id is looked up among all of a person's conversations.
ALTER TABLE mensagens ADD INDEX mensagens_por_chave (chave);
