"""Gemini through LangChain. Only this package imports LangChain or Google's client, and only at the first use."""
