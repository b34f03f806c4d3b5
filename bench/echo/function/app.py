"""Says what it was told, after waiting as long as it is asked to."""

import time

from fastapi import FastAPI
from mangum import Mangum
from pydantic import BaseModel

app = FastAPI()


class Message(BaseModel):
    """`wait` is in seconds: what a model would take, without a model."""

    message: str
    wait: float = 0


@app.post("/echo")
def echo(said: Message) -> dict[str, str]:
    time.sleep(said.wait)
    return {"response": said.message}


handler = Mangum(app, lifespan="off")
