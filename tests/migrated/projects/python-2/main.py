import requests
print "start" + "ed"
