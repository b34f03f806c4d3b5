-- Mark deleted conversations, with the time of their deletion, so that it can be undone for some seconds.
-- depends: 0018.versions
-- transactional: false

-- Statements test `apagada`, which has no index: for `apagada_em IS NULL` a server might choose the index of the times,
-- and read every conversation that is not deleted.
ALTER TABLE conversas
    ADD COLUMN apagada BOOLEAN NOT NULL DEFAULT FALSE,
    ADD COLUMN apagada_em DATETIME(6) NULL;

ALTER TABLE conversas ADD INDEX conversas_apagadas (apagada_em);
