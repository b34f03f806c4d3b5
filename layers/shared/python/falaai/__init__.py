"""What every FalaAI function shares: data access, secrets, queues, the language model and the web frame."""

__version__ = "0.1.0"
