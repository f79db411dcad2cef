# A worker and nothing else: no shell, no libraries, nobody's password. `scripts/build-images` fills the context.
FROM scratch
ARG VERSION
LABEL org.opencontainers.image.title="agent-runner-worker" \
      org.opencontainers.image.description="Runs one attempt of one job of agent-runner and exits" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION"
# /tmp, for everybody, and the certificates of public authorities.
COPY root/ /
COPY agent-runner-worker /agent-runner-worker
USER 65532:65532
# Where jobs work. Under a read-only root file system it is still writable.
VOLUME /tmp
ENTRYPOINT ["/agent-runner-worker"]
