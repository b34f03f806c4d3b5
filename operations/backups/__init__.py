"""Backups: one consistent snapshot of the database with its pictures, in encrypted files.

A backup is a folder, or a prefix in a bucket. It holds numbered parts for each table and for the pictures, and
`manifest`, which is written last: without it the backup is not whole. A part is at most PART_BYTES of JSON lines, one
for each row, compressed and encrypted. The manifest has the schema's version, and the rows and SHA-256 of each table
and each part.
"""
