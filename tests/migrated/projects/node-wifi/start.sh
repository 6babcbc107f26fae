#!/bin/bash
set -e
ifconfig -a
ip link
node server.js
echo started
