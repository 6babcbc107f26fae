# syntax=docker/dockerfile:1
# A program in Go, cross-compiled for the device.
ARG GO_VERSION=1.24
ARG ALPINE_VERSION=3.22
ARG XX_VERSION=1.6.1

FROM --platform=$BUILDPLATFORM tonistiigi/xx:${XX_VERSION} AS xx

FROM --platform=$BUILDPLATFORM golang:${GO_VERSION}-alpine${ALPINE_VERSION} AS gobase
COPY --from=xx / /
RUN apk add --no-cache clang file git lld llvm pkgconf rsync
ENV CGO_ENABLED=0
WORKDIR /src

FROM gobase AS version
RUN --mount=target=. <<EOT
  set -e
  VERSION=$(git describe --match 'v[0-9]*' --dirty='.m' --always --tags)
  REVISION=$(git rev-parse HEAD)$(if ! git diff --no-ext-diff --quiet --exit-code; then echo .m; fi)
  PKG=example.org/app
  echo -n "${VERSION}" | tee /tmp/.version
  echo "-X ${PKG}/version.Version=${VERSION} -X ${PKG}/version.Revision=${REVISION}" | tee /tmp/.ldflags
EOT

FROM gobase AS vendored
RUN --mount=target=/context \
    --mount=target=.,type=tmpfs \
    --mount=target=/go/pkg/mod,type=cache <<EOT
  set -e
  rsync -a /context/. .
  go mod tidy
  go mod vendor
  mkdir /out
  cp -r go.mod go.sum vendor /out
EOT

FROM scratch AS vendor-update
COPY --from=vendored /out /

FROM gobase AS build
ARG TARGETPLATFORM
ARG TARGETARCH TARGETVARIANT
RUN xx-apk add --no-cache musl-dev gcc
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download -x
RUN --mount=type=bind,target=. \
    --mount=type=tmpfs,target=/tmp/scratch \
    --mount=type=cache,target=/root/.cache \
    --mount=type=cache,target=/go/pkg/mod \
    --mount=type=bind,source=/tmp/.ldflags,target=/tmp/.ldflags,from=version <<EOT
  set -ex
  export GOARM=${TARGETVARIANT#v}
  xx-go build -trimpath -ldflags "$(cat /tmp/.ldflags) -w -s" -o /usr/bin/app ./cmd/app
  xx-verify --static /usr/bin/app
EOT

FROM build AS test
ENV CGO_ENABLED=1
RUN --mount=type=bind,target=. \
    --mount=type=cache,target=/root/.cache \
    go test -v -coverprofile=/tmp/coverage.txt ./... && \
    go tool cover -func=/tmp/coverage.txt

FROM scratch AS test-coverage
COPY --from=test /tmp/coverage.txt /coverage.txt

FROM scratch AS binary-unix
COPY --link --from=build /usr/bin/app /app
FROM binary-unix AS binary-linux
FROM binary-${TARGETOS} AS binary

FROM alpine:${ALPINE_VERSION}
RUN apk add --no-cache ca-certificates \
    && adduser -D -u 1000 app
COPY --from=binary /app /usr/bin/app
COPY --from=busybox:1.37-musl --chmod=755 /bin/busybox /usr/bin/debug-shell
USER 1000:1000
ENTRYPOINT ["/usr/bin/app"]
CMD serve --port 8080
