-- Store email addresses in lower case and compare them byte by byte, so that every server compares alike.
-- depends: 0004.limits
-- transactional: false

-- TiDB changes a collation only of a column without an index. While the unique index is missing, the column has
-- another name, so that no address can be stored twice. Until the last statement, sign-in and registration of a
-- running older release fail; after a kill, until the migrations run again.
ALTER TABLE usuarios RENAME COLUMN email TO email_sem_indice;

ALTER TABLE usuarios DROP INDEX email;

ALTER TABLE usuarios MODIFY email_sem_indice VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL;

ALTER TABLE usuarios ADD UNIQUE INDEX email (email_sem_indice);

-- If two addresses differ only in case, the second keeps its spelling: an address must stay unique.
UPDATE IGNORE usuarios SET email_sem_indice = LOWER(email_sem_indice)
WHERE BINARY email_sem_indice <> BINARY LOWER(email_sem_indice);

ALTER TABLE usuarios RENAME COLUMN email_sem_indice TO email;
