import requests
print("started")
