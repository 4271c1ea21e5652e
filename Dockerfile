# One image for every role: `docker run <image> run worker`, `... db upgrade`.

FROM python:3.13.15-slim-trixie AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_NO_COMPILE=1

# The image's own pip fills both environments, so that none is shipped in them.
RUN python -m venv --without-pip /opt/writeoff \
 && python -m venv --without-pip /opt/build

WORKDIR /src

# Dependencies first: they change less often than the code. Wheels only, so nothing is compiled or run here.
COPY requirements/runtime.txt requirements/build.txt requirements/
RUN python -m pip --python /opt/writeoff install --only-binary :all: --no-deps --require-hashes -r requirements/runtime.txt \
 && python -m pip --python /opt/build install --only-binary :all: --no-deps --require-hashes -r requirements/build.txt

COPY . .
RUN python -m pip --python /opt/build wheel --no-index --no-deps --no-build-isolation --wheel-dir /wheels . \
 && python -m pip --python /opt/writeoff install --no-index --no-deps /wheels/*.whl \
 # Byte code that needs no check against its source: the root file system is read-only at run time.
 && /opt/writeoff/bin/python -m compileall -q --invalidation-mode unchecked-hash /opt/writeoff/lib \
 && /opt/writeoff/bin/writeoff --help > /dev/null


FROM python:3.13.15-slim-trixie

# A fixed number, so that `runAsNonRoot` and file permissions can be checked without this image's passwd.
RUN groupadd --gid 10001 writeoff \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/writeoff --shell /usr/sbin/nologin writeoff \
 && install --directory --owner 10001 --group 10001 --mode 0700 /var/lib/writeoff

COPY --from=build /opt/writeoff /opt/writeoff

ENV PATH=/opt/writeoff/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    WRITEOFF_HEARTBEAT_FILE=/tmp/heartbeat

WORKDIR /var/lib/writeoff
USER 10001:10001

# A role touches the file when its work went well. No Python here: a check must cost nothing on a busy machine.
HEALTHCHECK --interval=10s --timeout=10s --start-period=60s --retries=3 \
    CMD test -n "$(find "$WRITEOFF_HEARTBEAT_FILE" -mmin -1)"

ENTRYPOINT ["writeoff"]
CMD ["--help"]
