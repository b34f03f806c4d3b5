-- Count the files that users upload on a day, besides their bytes.
-- depends: 0030.usage_totals
-- transactional: false

-- Days before this migration have bytes without a number of files.
ALTER TABLE uso_diario ADD COLUMN arquivos INT NOT NULL DEFAULT 0;

ALTER TABLE uso_total ADD COLUMN arquivos BIGINT NOT NULL DEFAULT 0;
