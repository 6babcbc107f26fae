# A stack of notebooks, with bash as the shell and a user of its own.
ARG REGISTRY=quay.io
ARG OWNER=jupyter
ARG BASE_IMAGE=$REGISTRY/$OWNER/minimal-notebook:latest
FROM $BASE_IMAGE

LABEL maintainer="Notebook Maintainers <notebooks@example.org>" \
      org.opencontainers.image.title="A notebook" org.opencontainers.image.licenses='BSD-3-Clause'

# Fix: https://github.com/hadolint/hadolint/wiki/DL4006
SHELL ["/bin/bash", "-o", "pipefail", "-c"]

USER root

ENV DEBIAN_FRONTEND=noninteractive
RUN apt-get update --yes && \
    apt-get upgrade --yes && \
    apt-get install --yes --no-install-recommends \
    # - build-essential for cython
    build-essential \
    # - ffmpeg for matplotlib animations
    cm-super \
    dvipng \
    ffmpeg && \
    apt-get clean && rm -rf /var/lib/apt/lists/*

USER ${NB_UID}

# Install Python 3 packages
RUN mamba install --yes \
    'altair' \
    'beautifulsoup4' \
    'bokeh' \
    'conda-forge::blas=*=openblas' \
    'dask' \
    'h5py' \
    'scipy' \
    'xlrd' && \
    mamba clean --all -f -y && \
    fix-permissions "${CONDA_DIR}" && \
    fix-permissions "/home/${NB_USER}"

RUN pip install flake8

# Install facets package which does not have a pip or conda package at the moment
WORKDIR /tmp
RUN git clone https://example.org/PAIR-code/facets && \
    jupyter nbclassic-extension install facets/facets-dist/ --sys-prefix && \
    rm -rf /tmp/facets && \
    fix-permissions "${CONDA_DIR}"

# Import matplotlib the first time to build the font cache
RUN MPLBACKEND=Agg python -c "import matplotlib.pyplot" && \
    fix-permissions "/home/${NB_USER}"

RUN set -o pipefail && \
    url="https://example.org/latest.json" && \
    version=$(curl -fsSL "$url" | jq -r '.[] | select(.stable) | .version' | head -n 1) && \
    if [[ "$version" =~ ^v[0-9]+(\.[0-9]+)*$ && -n "$version" ]]; then \
        echo "$version" > /opt/version; \
    else \
        >&2 echo "no version in $url" && exit 1; \
    fi

USER ${NB_UID}
WORKDIR "${HOME}"
ENTRYPOINT ["tini", "-g", "--", "start.sh"]
HEALTHCHECK --interval=3s --timeout=1s --start-period=3s --retries=3 \
    CMD /etc/jupyter/docker_healthcheck.py || exit 1
CMD start-notebook.py
