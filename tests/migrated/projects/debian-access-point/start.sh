#!/bin/bash
set -e
ip link
iptables --version
dnsmasq --version
hostapd -v || true
pgrep -x dnsmasq || true
echo started
