#!/bin/bash
set -e
i2cdetect -V
lsusb --version
ifconfig -a
less --version
nano --version
echo started
