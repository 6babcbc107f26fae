import yaml
print("started")
