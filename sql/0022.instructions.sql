-- How each user wants the assistant to write to them.
-- depends: 0021.attachments
-- transactional: false

ALTER TABLE usuarios ADD COLUMN instrucoes VARCHAR(1500) NULL;
