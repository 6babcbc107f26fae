# Machine learning from wheels, and a step in Python.
ARG UBUNTU_VERSION=24.04
ARG BASE=ubuntu:${UBUNTU_VERSION}
FROM ${BASE} AS base

ARG DEBIAN_FRONTEND="noninteractive"
ENV LANG C.UTF-8

# setup.sources.sh adds archives and fetches their lists
COPY setup.sources.sh /setup.sources.sh
COPY setup.packages.sh builder.packages.txt /
RUN /setup.sources.sh && apt-get install -y python3.12 python3-pip
RUN /setup.packages.sh /builder.packages.txt

ARG PYTHON_VERSION=python3.12
ARG TENSORFLOW_PACKAGE=tensorflow-cpu-aws
ARG TF_PACKAGE_VERSION=
COPY setup.python.sh devel.requirements.txt /
RUN bash /setup.python.sh $PYTHON_VERSION /devel.requirements.txt
RUN python3 -m pip install --break-system-packages --no-cache-dir --upgrade pip setuptools

RUN ${PYTHON_VERSION} -m pip install --break-system-packages --no-cache-dir \
      ${TENSORFLOW_PACKAGE}${TF_PACKAGE_VERSION:+==${TF_PACKAGE_VERSION}}

RUN --mount=type=cache,id=pip,target=/opt/cache \
    PIP_CACHE_DIR=/opt/cache python3 -m pip install --break-system-packages \
      "numpy>=1.26,<2" \
      protobuf==5.29.5 \
      'h5py ~= 3.12'

RUN python3 <<EOP
import importlib.util
import sys
missing = [name for name in ("numpy", "h5py") if importlib.util.find_spec(name) is None]
if missing:
    sys.exit(f"missing: {missing}")
for name in ("numpy", "h5py"):
    print(name)
EOP

RUN <<EOT
#!/usr/bin/env python3
import pathlib
path = pathlib.Path("/etc/profile.d/banner.sh")
path.write_text("echo apt-get install; echo welcome\n")
if path.exists():
    print("done")
EOT

FROM base AS jupyter
RUN python3 -m pip install --break-system-packages --no-cache-dir jupyter matplotlib==3.10.3
RUN python3 -m pip install --break-system-packages --no-cache-dir -c /constraints.txt jupyter_http_over_ws ipykernel
RUN jupyter serverextension enable --py jupyter_http_over_ws || true

RUN mkdir -p /tf/tutorials && chmod -R a+rwx /tf/
RUN mkdir /.local && chmod a+rwx /.local
WORKDIR /tf/tutorials
RUN for name in basic_classification overfit_and_underfit keras; do \
      wget -q "https://example.org/docs/$name.ipynb" || exit 1; \
    done
COPY readme.md /tf
ADD --checksum=sha256:24454f830cdb571e2c4ad15481119c43b3cafd48dd869a9b2945d1036d1dc68d https://example.org/model.bin /tf/model.bin
WORKDIR /tf
EXPOSE 8888

RUN python3 -m ipykernel.kernelspec

CMD ["bash", "-c", "source /etc/bash.bashrc && jupyter notebook --notebook-dir=/tf --ip 0.0.0.0 --no-browser --allow-root"]
