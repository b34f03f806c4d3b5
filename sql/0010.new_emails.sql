-- Store the new address of a user until the link that was sent to it is confirmed.
-- depends: 0009.usage
-- transactional: false

ALTER TABLE usuarios ADD COLUMN email_novo VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL;
