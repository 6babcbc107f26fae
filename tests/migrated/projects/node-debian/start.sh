#!/bin/bash
set -e
node --version
python3 -c "import requests"
echo started
