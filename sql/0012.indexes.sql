-- Hold the end of a session in one column, and add the indexes that the cleanup needs.
-- depends: 0011.transactions
-- transactional: false

-- Before, a second column also ended a session 7 days after its last use.
UPDATE sessoes SET expira_em = LEAST(expira_em, vista_em + INTERVAL 7 DAY)
WHERE expira_em > vista_em + INTERVAL 7 DAY;

-- Delete summaries that cover more messages than their conversation has: they contain text that has been replaced.
UPDATE conversas SET resumo = NULL, resumo_ate_seq = 0, resumo_versao = resumo_versao + 1
WHERE resumo_ate_seq > ultima_seq;

ALTER TABLE usuarios ADD INDEX usuarios_nao_verificados (email_verified, data_registro);

ALTER TABLE usuarios ADD INDEX usuarios_foto (profile_pic_url(60));
