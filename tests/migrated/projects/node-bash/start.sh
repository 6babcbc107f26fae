#!/bin/bash
set -e
node server.js
echo started
