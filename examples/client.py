"""Signs up, confirms by the email in devcloud's inbox, asks once and listens once: python examples/client.py

`make run` in another terminal first. GATEWAY and INBOX name other addresses than the usual ones.
"""

import json
import os
import re
import secrets
import time

import httpx

GATEWAY = os.environ.get("GATEWAY", "http://127.0.0.1:8000")
INBOX = os.environ.get("INBOX", "http://127.0.0.1:8025")
email, password = f"visita-{secrets.token_hex(4)}@exemplo.com.br", secrets.token_urlsafe(12)

# Whoever changes something says where the request comes from; a browser does so by itself.
browser = httpx.Client(base_url=GATEWAY, headers={"Origin": re.match(r"https?://[^/]+", GATEWAY)[0]}, timeout=60)


def confirmation_link() -> str:
    """From the newest letter to us, which takes a moment to come."""
    while True:
        for letter in httpx.get(f"{INBOX}/messages.json").json():
            if letter["to"] == email:
                return re.search(r"http\S+/verify_link/\S+", letter["text"])[0]
        time.sleep(0.2)


form = {"nome": "Visita", "email": email, "senha": password, "termos_registro": True}
print(browser.post("/register", json=form).raise_for_status().json()["message"])
browser.post(confirmation_link(), data={"senha": password})  # which signs in, too

answer = browser.post("/chat/message", json={"message": "Qual é a capital do Brasil?"}).raise_for_status().json()
print("\n" + answer["response"] + "\n")

question = {"message": "E a da Argentina?", "conversation_id": answer["conversation_id"]}
with browser.stream("POST", "/chat/stream", json=question) as stream:
    for line in stream.iter_lines():
        if line.startswith("data: ") and "text" in (data := json.loads(line.removeprefix("data: "))):
            print(data["text"], end="", flush=True)
print()
