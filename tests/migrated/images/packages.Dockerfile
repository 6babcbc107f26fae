# What `buildpack-deps` installs on its base image; `packages` is the list of its recipe.
ARG BASE=scratch
FROM $BASE
COPY packages /tmp/packages
RUN apt-get update \
 && xargs apt-get install -y --no-install-recommends < /tmp/packages \
 && rm -rf /var/lib/apt/lists/* /tmp/packages
