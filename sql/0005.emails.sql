-- Store email addresses in lower case and compare them byte by byte, so that every server compares alike.
-- depends: 0004.limits
-- transactional: false

-- If two addresses differ only in case, the second keeps its spelling: an address must stay unique.
UPDATE IGNORE usuarios SET email = LOWER(email) WHERE BINARY email <> BINARY LOWER(email);

ALTER TABLE usuarios MODIFY email VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL;
