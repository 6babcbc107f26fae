#!/bin/sh
set -e
ip address
iwgetid --version || true
