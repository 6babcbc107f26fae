# dtpl as a static program and nothing else but certificates, for all platforms of a release:
#
#   docker buildx build --platform linux/amd64,linux/arm64,linux/arm/v7,linux/arm/v6 --tag dtpl .
#   docker run --rm --user "$(id -u):$(id -g)" --volume "$PWD:/work" dtpl check
#
# Everything is compiled on the platform of the builder, so that no emulation is needed. zig is the C compiler and
# the linker for the other platforms, in the versions that packaging/dist has too.
FROM --platform=$BUILDPLATFORM rust:1.98-slim-trixie AS build
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates python3-pip && rm -rf /var/lib/apt/lists/*
RUN python3 -m pip install --no-cache-dir --target /opt/zig ziglang==0.15.2 cargo-zigbuild==0.24.1
ENV PATH=/opt/zig/bin:$PATH CARGO_ZIGBUILD_ZIG_PATH=/opt/zig/ziglang/zig
WORKDIR /dtpl
COPY . .
# `dist` is the profile of a release; `--build-arg PROFILE=release` compiles in half the time.
ARG PROFILE=dist
ARG TARGETPLATFORM
RUN --mount=type=cache,target=/usr/local/cargo/registry,sharing=locked \
    --mount=type=cache,id=dtpl-$TARGETPLATFORM,target=/dtpl/target <<'SCRIPT'
set -eu
case "$TARGETPLATFORM" in
linux/amd64) target=x86_64-unknown-linux-musl ;;
linux/arm64) target=aarch64-unknown-linux-musl ;;
linux/arm/v7) target=armv7-unknown-linux-musleabihf ;;
linux/arm/v6) target=arm-unknown-linux-musleabihf ;;
*)
    echo "dtpl has no program for $TARGETPLATFORM" >&2
    exit 1
    ;;
esac
rustup target add "$target"
cargo zigbuild --locked --profile "$PROFILE" --features online --bin dtpl --target "$target"
install -D "target/$target/$PROFILE/dtpl" /out/dtpl
SCRIPT

FROM scratch
ARG VERSION=0.1.0
ARG REVISION
LABEL org.opencontainers.image.title="dtpl" \
      org.opencontainers.image.description="A template preprocessor for multi-architecture Dockerfiles" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
# For `--online` and `dtpl lock`, which ask registries.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/dtpl /usr/local/bin/dtpl
WORKDIR /work
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/dtpl"]
