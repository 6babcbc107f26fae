#!/bin/bash
set -e
udevadm --version
lsusb --version
modprobe --version
echo started
