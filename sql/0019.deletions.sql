-- Mark deleted conversations with the time of their deletion, so that it can be undone for some seconds.
-- depends: 0018.versions
-- transactional: false

ALTER TABLE conversas ADD COLUMN apagada_em DATETIME(6) NULL;

ALTER TABLE conversas ADD INDEX conversas_apagadas (apagada_em);
