# `debian:RELEASE` and `debian:RELEASE-slim`: what debootstrap made, as the official image has it.
FROM scratch
ADD rootfs.tar /
CMD ["bash"]
