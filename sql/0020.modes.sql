-- The mode of each reply, and a counter of the day for the mode "pensar".
-- depends: 0019.deletions
-- transactional: false

ALTER TABLE mensagens ADD COLUMN modo ENUM('rapido', 'pensar') NOT NULL DEFAULT 'rapido';

ALTER TABLE uso_diario ADD COLUMN pensadas INT NOT NULL DEFAULT 0;
