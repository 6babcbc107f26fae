import importlib.util
assert importlib.util.find_spec("RPi")
print("started")
