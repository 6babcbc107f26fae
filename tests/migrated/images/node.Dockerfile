# `node:VERSION` and `node:VERSION-slim`: the program, npm and yarn in /usr/local, and the user `node`.
ARG BASE=scratch
FROM $BASE
RUN groupadd --gid 1000 node \
 && useradd --uid 1000 --gid node --shell /bin/bash --create-home node
COPY node/ /usr/local/
COPY packages /tmp/packages
# Of what the recipe installs only what the program itself is linked with stays.
RUN set -e; if [ -s /tmp/packages ]; then \
    apt-get update; xargs apt-get install -y --no-install-recommends < /tmp/packages; rm -rf /var/lib/apt/lists/*; \
    fi; rm /tmp/packages
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm \
 && ln -s ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx \
 && ln -s node /usr/local/bin/nodejs \
 && ln -s ../lib/node_modules/yarn/bin/yarn.js /usr/local/bin/yarn \
 && chmod 755 /usr/local/lib/node_modules/*/bin/*.js \
 && printf '#!/bin/sh\nset -e\nif [ "${1#-}" != "${1}" ] || [ -z "$(command -v "${1}")" ]; then set -- node "$@"; fi\nexec "$@"\n' > /usr/local/bin/docker-entrypoint.sh \
 && chmod 755 /usr/local/bin/docker-entrypoint.sh \
 && node --version && npm --version && yarn --version
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["node"]
