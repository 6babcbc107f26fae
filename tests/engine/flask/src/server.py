"""Answers on port 8088 with the device type that its image was made for."""

import os
import platform

from flask import Flask

app = Flask(__name__)


@app.get("/")
def device():
    return f"Hello from {os.environ['DEVICE_TYPE']}, {platform.machine()}!"


if __name__ == "__main__":
    app.run(host="0.0.0.0", port=8088)
