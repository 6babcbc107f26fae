#!/bin/bash
set -e
bluetoothctl --version
service dbus start || true
hciconfig -a || true
echo started
