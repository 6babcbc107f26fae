#!/bin/bash
set -e
iwgetid -r || true
echo started
