#!/bin/sh
set -e
wget -q -O /tmp/release https://deb.debian.org/debian/dists/bookworm/Release
xz --version
unzip -v > /dev/null
