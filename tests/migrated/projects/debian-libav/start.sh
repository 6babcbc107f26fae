#!/bin/bash
set -e
ffmpeg -version | head -n 1
aplay --version
echo started
