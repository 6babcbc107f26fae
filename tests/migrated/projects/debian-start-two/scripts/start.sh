#!/bin/bash
set -e
./scripts/network.sh
echo started
