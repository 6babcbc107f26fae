import smbus2
print("started")
