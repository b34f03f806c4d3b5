-- An address a person wants to change to waits here until its own link is confirmed.
-- depends: 0009.usage
-- transactional: false

ALTER TABLE usuarios ADD COLUMN email_novo VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL;
