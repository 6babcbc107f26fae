import flask
print("started with", flask.__name__)
