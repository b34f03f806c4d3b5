-- Keep the messages that an edit or another reply has replaced.
-- depends: 0017.provisional_titles
-- transactional: false

-- A message of a hidden version has a negative seq, which no statement of the release before reads into a prompt.
-- ramo numbers the messages that were hidden together. posicao is the place that they had. pai is set on the first of
-- them: the id of the message before it, or 0.
ALTER TABLE mensagens
    ADD COLUMN ramo INT NULL,
    ADD COLUMN posicao INT NULL,
    ADD COLUMN pai BIGINT NULL,
    ADD COLUMN versao INT NOT NULL DEFAULT 1;

ALTER TABLE mensagens ADD INDEX mensagens_versoes (id_conversa, pai);

ALTER TABLE conversas ADD COLUMN proximo_ramo INT NOT NULL DEFAULT 1;
