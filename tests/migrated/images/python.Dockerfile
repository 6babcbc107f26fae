# `python:VERSION` and `python:VERSION-slim`: CPython in /usr/local, apart from Debian's own. It is Debian's build of
# the version that the release has, moved there.
ARG BASE=scratch
FROM $BASE AS python
# Their files alone are taken; nothing is installed.
RUN apt-get update && mkdir /debs /python && cd /debs \
 && v=$(apt-cache depends python3 | sed -n 's/.*Depends: \(python3\.[0-9]*\)$/\1/p' | head -n 1) \
 && names="$v $v-minimal $v-dev $v-venv lib$v-minimal lib$v-stdlib lib$v-dev python3-pip-whl" \
 && for name in lib$v lib${v}t64; do if apt-cache show $name >/dev/null 2>&1; then names="$names $name"; fi; done \
 && apt-get -o APT::Sandbox::User=root download -q $names libexpat1 \
 && for deb in *.deb; do dpkg -x $deb /python; done
COPY pip /pip
COPY python-files /
RUN /python-files

FROM $BASE
ENV PATH=/usr/local/bin:$PATH LANG=C.UTF-8
COPY packages /tmp/packages
# The folder that Debian's own Python makes for what pip installs is a link here.
RUN apt-get update \
 && xargs apt-get install -y --no-install-recommends < /tmp/packages \
 && rm -rf /var/lib/apt/lists/* /tmp/packages /usr/local/lib/python3*
COPY --from=python /python/usr/ /usr/local/
COPY certificates /usr/local/share/certificates
COPY pip.conf /etc/pip.conf
# All that the official one was built with is there, and a virtual environment gets its pip.
RUN ldconfig && python3 -c 'import ssl, sqlite3, bz2, lzma, ctypes, readline, zlib, uuid' && pip --version \
 && python3 -m venv /tmp/venv && /tmp/venv/bin/pip --version && rm -rf /tmp/venv
CMD ["python3"]
