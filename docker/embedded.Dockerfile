# The embedded server in one container: orchestrator, workers beside it, everything it keeps in /data.
# `scripts/build-images embedded` fills the context.
FROM scratch
ARG VERSION
LABEL org.opencontainers.image.title="agent-runner" \
      org.opencontainers.image.description="Runs jobs for AI agents: server and workers in one container" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION"
# /tmp, for everybody, /data, for the server, and the certificates of public authorities.
COPY root/ /
COPY --chown=65532:65532 data /data
COPY agent-runner-orchestrator agent-runner-worker /
ENV AGENT_RUNNER_DATA=/data
USER 65532:65532
VOLUME ["/data", "/tmp"]
EXPOSE 8000
ENTRYPOINT ["/agent-runner-orchestrator"]
