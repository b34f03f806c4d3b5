-- Mark titles that are the first words of the question: a generated title replaces them.
-- depends: 0016.exports
-- transactional: false

ALTER TABLE conversas ADD COLUMN titulo_provisorio BOOLEAN NOT NULL DEFAULT FALSE;
