"""The program that inspects one file in a process of its own. It uses neither settings nor network nor database."""
