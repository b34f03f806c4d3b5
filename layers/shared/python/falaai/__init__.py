"""Code that the FalaAI functions share: database access, settings, queues, the language model and web pages."""

__version__ = "0.1.0"
