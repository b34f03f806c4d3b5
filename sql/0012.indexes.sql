-- One column says when a session ends, and the cleanup finds everything by an index.
-- depends: 0011.transactions
-- transactional: false

-- Until now a session also ended 7 days after it was last seen, by a condition on a second column.
UPDATE sessoes SET expira_em = LEAST(expira_em, vista_em + INTERVAL 7 DAY)
WHERE expira_em > vista_em + INTERVAL 7 DAY;

-- A summary that reaches beyond its conversation was made of messages that were replaced while it was made.
UPDATE conversas SET resumo = NULL, resumo_ate_seq = 0, resumo_versao = resumo_versao + 1
WHERE resumo_ate_seq > ultima_seq;

ALTER TABLE usuarios ADD INDEX usuarios_nao_verificados (email_verified, data_registro);

ALTER TABLE usuarios ADD INDEX usuarios_foto (profile_pic_url(60));
