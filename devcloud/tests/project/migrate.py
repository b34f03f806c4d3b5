"""Migration command of the test project: adds a row per start and prints their number."""

import os
import ssl

import pymysql

connection = pymysql.connect(
    host=os.environ["DB_HOST"],
    port=int(os.environ["DB_PORT"]),
    user=os.environ["DB_USER"],
    password=os.environ["DB_PASSWORD"],
    database=os.environ["DB_NAME"],
    autocommit=True,
    ssl=ssl.create_default_context(cadata=os.environ["DB_CA"]) if os.environ["DB_CA"] else None,
)
with connection.cursor() as cursor:
    cursor.execute("CREATE TABLE IF NOT EXISTS starts (id INT AUTO_INCREMENT PRIMARY KEY)")
    cursor.execute("INSERT INTO starts () VALUES ()")
    cursor.execute("SELECT COUNT(*) FROM starts")
    (count,) = cursor.fetchone()
print(f"start number {count}")
