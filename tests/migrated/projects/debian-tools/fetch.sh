#!/bin/sh
set -e
wget -q -O /tmp/release https://mirror.example.org/debian/dists/bookworm/Release
xz --version
unzip -v > /dev/null
