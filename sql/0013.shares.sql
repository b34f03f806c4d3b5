-- The ceiling of all users together is counted in 16 rows instead of one, so that users do not wait for each other.
-- depends: 0012.indexes
-- transactional: false

-- Row 0 of a day becomes share 0, in which the previous release also counts. The other 15 shares begin with their
-- part of the messages counted until now, so that the upgrade does not reset the ceiling of its day.
INSERT IGNORE INTO uso_diario (id_usuario, dia, mensagens)
SELECT -parte.numero, todos.dia, FLOOR(todos.mensagens / 16)
FROM uso_diario AS todos
JOIN (
    SELECT 1 AS numero UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5
    UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9 UNION ALL SELECT 10
    UNION ALL SELECT 11 UNION ALL SELECT 12 UNION ALL SELECT 13 UNION ALL SELECT 14 UNION ALL SELECT 15
) AS parte
WHERE todos.id_usuario = 0 AND todos.dia >= UTC_DATE() - INTERVAL 1 DAY;
