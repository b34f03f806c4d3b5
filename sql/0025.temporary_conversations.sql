-- Conversations that are listed nowhere, and deleted when they are closed or by the next daily cleanup.
-- depends: 0024.facts
-- transactional: false

-- Statements test `temporaria`, which has no index, for the reason given in 0019.
ALTER TABLE conversas
    ADD COLUMN temporaria BOOLEAN NOT NULL DEFAULT FALSE,
    ADD COLUMN temporaria_em DATETIME(6) NULL;

ALTER TABLE conversas ADD INDEX conversas_temporarias (temporaria_em);
