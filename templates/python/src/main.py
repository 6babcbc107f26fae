"""Answers requests on port 8088 with the type of the device it runs on."""

import os
import platform

from flask import Flask

app = Flask(__name__)


@app.get("/")
def device():
    return {
        "device_type": os.environ.get("DEVICE_TYPE", "unknown"),
        "arch": os.environ.get("DEVICE_ARCH", "unknown"),
        "machine": platform.machine(),
    }


if __name__ == "__main__":
    app.run(host="0.0.0.0", port=8088)
