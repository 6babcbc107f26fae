# Computer vision on a Jetson, for a template.
FROM balenalib/jetson-nano-ubuntu:bionic-run AS base
ENV DEBIAN_FRONTEND noninteractive
ENV UDEV=1
ENV INITSYSTEM on

RUN \
    apt-get update && apt-get install -y lbzip2 wget tar python3 libegl1 && \
    wget https://example.org/embedded/L4T/Jetson-210_Linux_R32.7.3_aarch64.tbz2 && \
    tar xf Jetson-210_Linux_R32.7.3_aarch64.tbz2 && \
    rm Jetson-210_Linux_R32.7.3_aarch64.tbz2 && \
    cd Linux_for_Tegra && \
    sed -i 's/config.tbz2\"/config.tbz2\" --exclude=etc\/hosts --exclude=etc\/hostname/g' apply_binaries.sh && \
    sed -i 's/install --owner=root --group=root \"${QEMU_BIN}\" \"${L4T_ROOTFS_DIR}\/usr\/bin\/\"/#install/g' nv_tegra/nv-apply-debs.sh && \
    ./apply_binaries.sh -r / --target-overlay && cd .. && \
    rm -rf Linux_for_Tegra && \
    echo "/usr/lib/aarch64-linux-gnu/tegra" > /etc/ld.so.conf.d/nvidia-tegra.conf && ldconfig

FROM base AS opencv-build
WORKDIR /usr/src/app
ARG OPENCV_VERSION=4.5.5
RUN install_packages build-essential cmake git pkg-config libjpeg-dev libpng-dev unzip python3-dev python3-numpy
RUN apt-get install cuda-toolkit-10-2
RUN wget -q -O opencv.zip https://example.org/opencv/archive/${OPENCV_VERSION}.zip && \
    unzip -q opencv.zip && rm opencv.zip && \
    mkdir opencv-${OPENCV_VERSION}/build && cd opencv-${OPENCV_VERSION}/build && \
    cmake -D CMAKE_BUILD_TYPE=RELEASE \
      -D CMAKE_INSTALL_PREFIX=/usr/local \
      -D WITH_CUDA=ON \
      -D CUDA_ARCH_BIN="5.3" \
      -D CUDA_ARCH_PTX="" \
      -D BUILD_opencv_python3=ON \
      -D PYTHON3_EXECUTABLE=$(which python3) \
      -D PYTHON3_INCLUDE_DIR=$(python3 -c "from sysconfig import get_paths as p; print(p()['include'])") \
      .. && \
    make -j"$(($(nproc) + 1))" && make install && cpack -G DEB
RUN ldconfig && python3 - <<EOP
import cv2
print(cv2.getBuildInformation())
EOP

FROM base
WORKDIR /usr/src/app
COPY --from=opencv-build /usr/src/app/opencv-*/build/OpenCV-*.deb ./
RUN apt-get install -y --no-install-recommends ./OpenCV-*-libs.deb ./OpenCV-*-python.deb && rm ./*.deb
RUN apt-get update && apt-get install -y python3-pip v4l-utils usbutils && \
    pip3 install --upgrade pip && pip3 install scikit-build 'imutils<1' flask==2.0.3 && \
    apt-get autoremove && \
    rm -rf /var/lib/apt/lists/*
ADD fonts.tar.gz /usr/share/fonts/
ADD https://example.org/models/yolov4-tiny.weights /models/
ADD https://example.org/models.git#v1 /models/extra
COPY . .
RUN pip3 install -r requirements.txt
RUN echo "export DISPLAY=:0" >> /root/.bashrc; \
    echo "export LD_LIBRARY_PATH=/usr/lib/aarch64-linux-gnu/tegra:${LD_LIBRARY_PATH:-/usr/lib; /lib}" >> /root/.bashrc
EXPOSE 5000
STOPSIGNAL SIGINT
HEALTHCHECK --interval=30s --timeout=5s \
  CMD wget -q --spider http://localhost:5000/ || exit 1
CMD ["bash", "start.sh"]
