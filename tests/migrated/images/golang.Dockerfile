# `golang:VERSION`: the toolchain in /usr/local/go.
ARG BASE=scratch
FROM $BASE
COPY packages /tmp/packages
RUN apt-get update \
 && xargs apt-get install -y --no-install-recommends < /tmp/packages \
 && rm -rf /var/lib/apt/lists/* /tmp/packages
COPY go/ /usr/local/go/
ENV GOTOOLCHAIN=local GOPATH=/go
ENV PATH=$GOPATH/bin:/usr/local/go/bin:$PATH
RUN mkdir -p "$GOPATH/src" "$GOPATH/bin" && chmod -R 1777 "$GOPATH" && go version
WORKDIR $GOPATH
