-- E-mail addresses are compared byte by byte in lower case, the same on every server.
-- depends: 0004.limits
-- transactional: false

-- An address that differs from another account's in case alone keeps its spelling: both cannot have it.
UPDATE IGNORE usuarios SET email = LOWER(email) WHERE BINARY email <> BINARY LOWER(email);

ALTER TABLE usuarios MODIFY email VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL;
