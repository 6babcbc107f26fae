# A program in Rust, cross-compiled with the distribution's compilers.
FROM --platform=$BUILDPLATFORM rust:1.88-bookworm AS chef
ARG TARGETPLATFORM
WORKDIR /app

RUN case "$TARGETPLATFORM" in \
      linux/amd64) echo x86_64-unknown-linux-gnu > /target.txt; echo gcc > /packages.txt ;; \
      linux/arm64) echo aarch64-unknown-linux-gnu > /target.txt; echo gcc-aarch64-linux-gnu libc6-dev-arm64-cross > /packages.txt ;; \
      linux/arm/v7) echo armv7-unknown-linux-gnueabihf > /target.txt; echo gcc-arm-linux-gnueabihf libc6-dev-armhf-cross > /packages.txt ;; \
      linux/arm/v6) echo arm-unknown-linux-gnueabihf > /target.txt; echo gcc-arm-linux-gnueabihf libc6-dev-armhf-cross > /packages.txt ;; \
      *) echo "no target for $TARGETPLATFORM" >&2; exit 1 ;; \
    esac

RUN apt-get update && xargs apt-get install -y --no-install-recommends < /packages.txt \
    && rm -rf /var/lib/apt/lists/*
RUN rustup target add "$(cat /target.txt)" && cargo install cargo-chef --locked --version 0.1.71

ENV CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc \
    CARGO_TARGET_ARMV7_UNKNOWN_LINUX_GNUEABIHF_LINKER=arm-linux-gnueabihf-gcc \
    CARGO_TARGET_ARM_UNKNOWN_LINUX_GNUEABIHF_LINKER=arm-linux-gnueabihf-gcc

FROM chef AS planner
COPY . .
RUN cargo chef prepare --recipe-path recipe.json

FROM chef AS builder
COPY --from=planner /app/recipe.json recipe.json
RUN --mount=type=cache,target=/usr/local/cargo/registry,sharing=locked \
    cargo chef cook --release --target "$(cat /target.txt)" --recipe-path recipe.json

COPY Cargo.toml Cargo.lock ./
COPY src src
COPY migrations/ migrations/
RUN --mount=type=cache,target=/usr/local/cargo/registry,sharing=locked \
    --mount=type=secret,id=sccache,env=SCCACHE_TOKEN \
    --mount=type=ssh \
    set -e; \
    cargo build --release --target "$(cat /target.txt)"; \
    mkdir -p /out; \
    cp "target/$(cat /target.txt)/release/server" /out/server

RUN --network=none cargo test --release --target "$(cat /target.txt)" --no-run || echo "no tests for this target"

FROM debian:bookworm-slim AS runtime
ARG APP_USER=app
ENV TZ=Etc/UTC APP_USER=${APP_USER}
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt,sharing=locked \
    rm -f /etc/apt/apt.conf.d/docker-clean \
    && apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates tzdata
RUN groupadd "$APP_USER" && useradd -g "$APP_USER" "$APP_USER" && mkdir -p /data && chown "$APP_USER:$APP_USER" /data
COPY --from=builder --chown=$APP_USER:$APP_USER /out/server /usr/local/bin/server
COPY --chown=$APP_USER:$APP_USER <<-"CONFIG" /etc/server/config.toml
	[server]
	port = 8000
	data = "/data"
	CONFIG
VOLUME ["/data"]
USER $APP_USER
WORKDIR /data
EXPOSE 8000/tcp 8001/udp
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s CMD ["/usr/local/bin/server", "--health"]
CMD ["server", "--config", "/etc/server/config.toml"]
