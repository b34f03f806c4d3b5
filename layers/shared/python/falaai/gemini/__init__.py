"""Gemini through LangChain. Only this package imports LangChain or Google's client, and only at the first use.

- `models`: the models of GEMINI_MODEL in their order, and the process's own model
- `clients`: LangChain's client of each model, and its connections
- `loop_thread`: the event loop in which LangChain's asynchronous calls run
- `answers`: an answer while it arrives
- `failures`: our errors for those of LangChain, Google's client and httpx
- `turn_messages`: prompts as LangChain's messages, and their size in tokens
"""
