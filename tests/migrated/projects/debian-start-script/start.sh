#!/bin/bash
set -e
curl --version
udevadm --version
echo started
