import urllib.request
print(urllib.request.urlopen("https://deb.debian.org/debian/dists/bookworm/Release").status)
