# Two images: `--target operator` and `--target gateway`; `make images` builds both.
# The tags name one release each; a registry that must not be trusted is pinned by digest: --build-arg RUNTIME=…@sha256:…
# `extra` has the time zones, in which budgets have their days and months.
ARG SDK=mcr.microsoft.com/dotnet/sdk:10.0.401-noble
ARG RUNTIME=mcr.microsoft.com/dotnet/aspnet:10.0.12-noble-chiseled-extra

# The compiler runs on the builder's own architecture, whichever the images are for.
FROM --platform=$BUILDPLATFORM $SDK AS restored
ARG TARGETARCH
ENV DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
WORKDIR /source
COPY global.json Directory.Build.props Directory.Packages.props BannedSymbols.txt ./
COPY gateway/Contract/*.csproj gateway/Contract/
COPY gateway/Metrics/*.csproj gateway/Metrics/
COPY gateway/Server/*.csproj gateway/Server/
COPY operator/*.csproj operator/
RUN for project in operator gateway/Server; do \
      dotnet restore $project --arch $TARGETARCH -p:PublishReadyToRun=true || exit 1; \
    done

FROM restored AS published
ARG TARGETARCH
ARG VERSION=0.1.0
COPY .editorconfig ./
COPY gateway gateway
COPY operator operator
RUN for project in operator gateway/Server; do \
      dotnet publish $project --configuration Release --arch $TARGETARCH --no-restore --self-contained false \
        -p:PublishReadyToRun=true -p:PublishDocumentationFiles=false -p:RunAnalyzers=false -p:Version=$VERSION \
        --output /published/$(basename $project) || exit 1; \
    done

# No shell and no package manager; readable by whatever user the cluster chooses, and writing nothing below its root.
FROM $RUNTIME AS runtime
ARG VERSION=0.1.0
ARG REVISION=unknown
# HOME: a user that the image does not know has none, and certificates are not judged without.
ENV ASPNETCORE_HTTP_PORTS= DOTNET_EnableDiagnostics=0 HOME=/ PATH=/app:$PATH
LABEL org.opencontainers.image.version=$VERSION \
      org.opencontainers.image.revision=$REVISION
WORKDIR /app
USER 65532:65532

FROM runtime AS operator
LABEL org.opencontainers.image.title="llm-gateway-operator" \
      org.opencontainers.image.description="Kubernetes operator that runs LLM gateways"
COPY --from=published /published/operator .
EXPOSE 8080 8081
ENTRYPOINT ["./operator"]
CMD ["run"]

FROM runtime AS gateway
LABEL org.opencontainers.image.title="llm-gateway" \
      org.opencontainers.image.description="LLM gateway that speaks the OpenAI and the Anthropic API"
COPY --from=published /published/Server .
EXPOSE 4000 4001 4002
ENTRYPOINT ["./gateway"]
