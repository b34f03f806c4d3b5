"""Fakes of the services outside AWS: Gemini, and SendGrid with an inbox. For this machine and for tests only."""
