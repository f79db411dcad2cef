# The orchestrator of an installation on AWS: API, dispatcher, sweeper. `scripts/build-images` fills the context.
FROM scratch
ARG VERSION
LABEL org.opencontainers.image.title="agent-runner-orchestrator" \
      org.opencontainers.image.description="Serves the API of agent-runner and starts its jobs" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION"
# /tmp, for everybody, and the certificates of public authorities.
COPY root/ /
COPY agent-runner-orchestrator /agent-runner-orchestrator
ENV AGENT_RUNNER_BACKEND=aws
USER 65532:65532
EXPOSE 8000
ENTRYPOINT ["/agent-runner-orchestrator"]
