import urllib.request
print(urllib.request.urlopen("https://mirror.example.org/debian/dists/bookworm/Release").status)
