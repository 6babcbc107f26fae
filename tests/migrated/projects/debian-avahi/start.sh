#!/bin/bash
set -e
mkdir -p /run/dbus
dbus-uuidgen --ensure
avahi-daemon --version
ps aux | head -n 1
echo started
