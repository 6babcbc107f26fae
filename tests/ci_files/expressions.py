"""Whether RE2, with which Renovate searches, takes the expressions of presets: expressions.py PRESET..."""

import json
import sys

import re2

for preset in sys.argv[1:]:
    with open(preset) as file:
        managers = json.load(file)["customManagers"]
    for expression in (text for manager in managers for text in manager["matchStrings"]):
        # The one spelling that differs.
        re2.compile(expression.replace("(?<", "(?P<"))
