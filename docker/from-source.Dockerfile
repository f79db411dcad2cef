# The same images for people without Rust: everything is built inside of Docker. From the root of the repository:
#
#   docker build -f docker/from-source.Dockerfile --target worker -t agent-runner-worker .
#   docker build -f docker/from-source.Dockerfile --target orchestrator -t agent-runner-orchestrator .
#   docker build -f docker/from-source.Dockerfile --target embedded -t agent-runner .
FROM rust:1.95-slim-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends build-essential ca-certificates
WORKDIR /source
COPY . .
# A target of its own, so that build scripts and macros are not linked statically.
RUN target="$(rustc -vV | sed -n 's/^host: //p')" && \
    RUSTFLAGS='-C target-feature=+crt-static' cargo build --locked --profile dist --target "$target" \
      -p agent-runner-worker --features agent-runner-worker/aws -p agent-runner-orchestrator && \
    mkdir -p /context/root/tmp /context/root/etc/ssl/certs /context/data && \
    chmod 1777 /context/root/tmp && \
    cp /etc/ssl/certs/ca-certificates.crt /context/root/etc/ssl/certs/ && \
    cp "target/$target/dist/agent-runner-worker" "target/$target/dist/agent-runner-orchestrator" /context/

FROM scratch AS worker
COPY --from=build /context/root/ /
COPY --from=build /context/agent-runner-worker /agent-runner-worker
USER 65532:65532
VOLUME /tmp
ENTRYPOINT ["/agent-runner-worker"]

FROM scratch AS orchestrator
COPY --from=build /context/root/ /
COPY --from=build /context/agent-runner-orchestrator /agent-runner-orchestrator
ENV AGENT_RUNNER_BACKEND=aws
USER 65532:65532
EXPOSE 8000
ENTRYPOINT ["/agent-runner-orchestrator"]

FROM scratch AS embedded
COPY --from=build /context/root/ /
COPY --from=build --chown=65532:65532 /context/data /data
COPY --from=build /context/agent-runner-orchestrator /context/agent-runner-worker /
ENV AGENT_RUNNER_DATA=/data
USER 65532:65532
VOLUME ["/data", "/tmp"]
EXPOSE 8000
ENTRYPOINT ["/agent-runner-orchestrator"]
