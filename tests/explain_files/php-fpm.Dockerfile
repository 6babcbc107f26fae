# A language with its process manager, from source.
FROM debian:bookworm-slim AS base

# prevent Debian's packages of the same language from being installed
RUN set -eux; \
	{ \
		echo 'Package: php*'; \
		echo 'Pin: release *'; \
		echo 'Pin-Priority: -1'; \
	} > /etc/apt/preferences.d/no-debian-php

ENV PHPIZE_DEPS \
		autoconf \
		dpkg-dev \
		file \
		g++ \
		gcc \
		libc-dev \
		make \
		pkg-config \
		re2c

RUN set -eux; \
	apt-get update; \
	apt-get install -y --no-install-recommends \
		$PHPIZE_DEPS \
		ca-certificates \
		curl \
		xz-utils \
	; \
	rm -rf /var/lib/apt/lists/*

ENV PHP_INI_DIR=/usr/local/etc/php
RUN set -eux; \
	mkdir -p "$PHP_INI_DIR/conf.d"; \
	[ ! -d /var/www/html ]; \
	mkdir -p /var/www/html; \
	chown www-data:www-data /var/www/html; \
	chmod 1777 /var/www/html

ENV PHP_CFLAGS="-fstack-protector-strong -fpic -fpie -O2 -D_LARGEFILE_SOURCE -D_FILE_OFFSET_BITS=64" PHP_LDFLAGS="-Wl,-O1 -pie"
ENV PHP_VERSION=8.4.10 PHP_URL="https://example.org/distributions/php-8.4.10.tar.xz"

RUN set -eux; \
	savedAptMark="$(apt-mark showmanual)"; \
	apt-get update; \
	apt-get install -y --no-install-recommends gnupg libsqlite3-dev libxml2-dev zlib1g-dev; \
	cd /usr/src; \
	curl -fsSL -o php.tar.xz "$PHP_URL"; \
	gnuArch="$(dpkg-architecture --query DEB_BUILD_GNU_TYPE)"; \
	debMultiarch="$(dpkg-architecture --query DEB_BUILD_MULTIARCH)"; \
	export CFLAGS="$PHP_CFLAGS" LDFLAGS="$PHP_LDFLAGS"; \
	if [ ! -d /usr/include/curl ]; then \
		ln -sT "/usr/include/$debMultiarch/curl" /usr/local/include/curl; \
	fi; \
	mkdir -p php && tar -Jxf php.tar.xz -C php --strip-components=1; \
	cd php; \
	./configure --build="$gnuArch" --with-config-file-path="$PHP_INI_DIR" \
		$(test "$gnuArch" = 's390x-linux-gnu' && echo '--without-pcre-jit') \
		--with-libdir="lib/$debMultiarch" --enable-fpm; \
	make -j "$(nproc)"; \
	find -type f -name '*.a' -delete; \
	make install; \
	make clean; \
	cp -v php.ini-* "$PHP_INI_DIR/"; \
	cd /; \
	apt-mark auto '.*' > /dev/null; \
	apt-get purge -y --auto-remove; \
	rm -rf /var/lib/apt/lists/* /usr/src/php; \
	php --version

FROM base AS fpm
COPY docker-php-ext-* /usr/local/bin/
RUN docker-php-ext-enable opcache
WORKDIR /var/www/html
RUN <<CONF cat > /usr/local/etc/php-fpm.d/docker.conf
[global]
error_log = /proc/self/fd/2
[www]
clear_env = no
CONF
RUN sed -i 's!^listen .*!listen = 9000!' /usr/local/etc/php-fpm.d/docker.conf
STOPSIGNAL SIGQUIT
EXPOSE 9000
ENTRYPOINT exec docker-php-entrypoint "$0" "$@"
CMD ["php-fpm"]
