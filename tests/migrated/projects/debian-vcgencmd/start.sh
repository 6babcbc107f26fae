#!/bin/bash
set -e
vcgencmd measure_temp
echo started
