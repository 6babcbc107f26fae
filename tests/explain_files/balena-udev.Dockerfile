# An application of a device with USB, audio and Bluetooth; the shape of a template after rendering.
FROM balenalib/raspberrypi3-debian-node:16-bullseye-build AS build
WORKDIR /usr/src/app
COPY package.json package-lock.json ./
RUN JOBS=MAX npm ci --unsafe-perm && npm cache verify && rm -rf /tmp/*
COPY tsconfig.json ./
COPY src src
RUN npm run build && npm prune --omit=dev

FROM balenalib/raspberrypi3-debian-node:16-bullseye-run
LABEL io.balena.features.dbus=1
RUN install_packages \
      alsa-utils \
      bluez \
      dbus \
      dosfstools \
      ntfs-3g \
      udev \
      usbutils \
      wget

ENV UDEV=on
ENV DBUS_SYSTEM_BUS_ADDRESS unix:path=/host/run/dbus/system_bus_socket

# Rules for drives that are plugged in
COPY <<'RULES' /etc/udev/rules.d/usb.rules
ACTION=="add", SUBSYSTEM=="block", ENV{DEVTYPE}=="partition", RUN+="/bin/sh -c '/usr/src/scripts/mount.sh'"
ACTION=="remove", SUBSYSTEM=="block", RUN+="/bin/sh -c '/usr/src/scripts/unmount.sh'"
RULES
COPY scripts /usr/src/scripts
RUN chmod +x /usr/src/scripts/*

RUN mkdir -p /etc/systemd/system/systemd-udevd.service.d && { \
      echo '[Service]'; \
      echo 'MountFlags=shared'; \
    } > /etc/systemd/system/systemd-udevd.service.d/override.conf

RUN for group in audio bluetooth dialout; do \
      getent group "$group" > /dev/null || groupadd --system "$group"; \
      usermod -aG "$group" root; \
    done

RUN dpkg --configure -a && apt-get update && apt-get install -y --no-install-recommends \
      pulseaudio && \
    sed -i 's/; exit-idle-time = 20/exit-idle-time = -1/' /etc/pulse/daemon.conf && \
    (apt-get clean; rm -rf /var/lib/apt/lists/*; rm -rf /var/cache/debconf) 

RUN if [ "raspberrypi3" = "raspberrypi4-64" ]; then \
      echo 'dtparam=audio=on' >> /boot/config.txt; \
    elif echo "raspberrypi3" | grep -qE '^raspberrypi[0-3]?'; then \
      echo "no audio for this board"; \
    fi

WORKDIR /usr/src/app
COPY --from=build /usr/src/app/node_modules node_modules
COPY --from=build /usr/src/app/build build
COPY package.json ./
COPY entry.sh /usr/bin/entry.sh

ARG SENTRY_DSN
ENV SENTRY_DSN=$SENTRY_DSN NODE_ENV=production
STOPSIGNAL 37
VOLUME ["/data", "/sys/fs/cgroup"]
USER root
ENTRYPOINT ["/usr/bin/entry.sh"]
CMD node build/index.js
