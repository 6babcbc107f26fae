import spidev, smbus2
print("started", spidev.__name__)
