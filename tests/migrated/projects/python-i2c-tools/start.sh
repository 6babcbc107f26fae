#!/bin/sh
set -e
i2cdetect -V
exec python scan.py
