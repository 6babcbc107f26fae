# Builds Debian packages for several releases, and hands out the files only.
ARG RELEASE=bookworm
ARG DISTRO=debian

FROM --platform=$BUILDPLATFORM alpine:3.22 AS src
RUN --mount=type=secret,id=GITHUB_TOKEN \
    apk --no-cache --repository https://example.org/alpine/edge/community add git jq && \
    git clone --depth 1 https://example.org/app.git /src
WORKDIR /src
RUN cd /src && git log -1 --format=%ct > .timestamp

FROM ${DISTRO}:${RELEASE} AS common
ENV DEBIAN_FRONTEND=noninteractive DEBFULLNAME="A Builder" DEBEMAIL=builder@example.org
RUN --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \
    --mount=type=cache,target=/var/cache/apt,sharing=locked \
    apt-get update
RUN --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \
    --mount=type=cache,target=/var/cache/apt,sharing=locked \
    apt-get install -y --no-install-recommends \
        build-essential \
        debhelper \
        devscripts \
        equivs \
        fakeroot \
        lintian

FROM common AS build-deps
WORKDIR /work
COPY debian/control debian/control
RUN apt-get update && \
    mk-build-deps -t "apt-get -o Debug::pkgProblemResolver=yes --no-install-recommends -y" -i debian/control
RUN yes | mk-build-deps -i debian/control --root-cmd sudo
RUN yes | apt-get install dh-python

FROM build-deps AS builder
SHELL ["/bin/bash", "-euxo", "pipefail", "-c"]
WORKDIR /work
COPY --from=src /src .
COPY debian debian
ARG VERSION=0.0.0 REVISION=1
RUN <<'EOT'
  declare -A names=([bookworm]=12 [trixie]=13)
  SOURCE_DATE_EPOCH="$(< .timestamp)"
  export SOURCE_DATE_EPOCH
  function changelog() {
    local release=$1
    cat > debian/changelog <<CHANGES
app (${VERSION}-${REVISION}~${names[$release]:-0}) ${release}; urgency=medium

  * Release ${VERSION}; see dch(1).

 -- ${DEBFULLNAME} <${DEBEMAIL}>  $(date -R --date="@$SOURCE_DATE_EPOCH")
CHANGES
  }
  . /etc/os-release
  changelog "${VERSION_CODENAME}"
  if (( $(nproc) > 2 )); then
    jobs=$(( $(nproc) - 1 ))
  else
    jobs=1
  fi
  time fakeroot -- debian/rules clean
  env DEB_BUILD_OPTIONS="parallel=${jobs} nocheck" nice -n 5 dpkg-buildpackage -us -uc -b
  lintian --fail-on error ../*.changes || case $? in
    1) echo "lintian found errors" >&2 ;;
    2|3) exit 1 ;;
  esac
  mkdir -p /out && mv ../*.{deb,changes,buildinfo} /out/
EOT

FROM builder AS check
RUN apt-get install -y /out/*.deb && app --version
RUN timeout 30 sudo -E -u nobody env HOME=/tmp app --self-test > /out/self-test.log 2>&1

FROM scratch AS packages
COPY --from=builder /out/*.deb /
