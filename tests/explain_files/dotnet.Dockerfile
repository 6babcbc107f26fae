# A service in C#, in the way of its makers.
FROM mcr.microsoft.com/dotnet/aspnet:8.0-bookworm-slim AS base
WORKDIR /app
EXPOSE 8080
EXPOSE 8081
ENV ASPNETCORE_URLS=http://+:8080 DOTNET_RUNNING_IN_CONTAINER=true

FROM --platform=$BUILDPLATFORM mcr.microsoft.com/dotnet/sdk:8.0-bookworm-slim AS build
ARG BUILD_CONFIGURATION=Release
ARG TARGETARCH
ARG VERSION=1.0.0
WORKDIR /src

# The tools of the pages
RUN apt-get update \
    && apt-get install -y --no-install-recommends curl gnupg \
    && curl -fsSL https://example.org/setup_22.x | bash - \
    && apt-get install -y --no-install-recommends nodejs \
    && rm -rf /var/lib/apt/lists/*

COPY ["Service/Service.csproj", "Service/"]
COPY ["Shared/Shared.csproj", "Shared/"]
COPY ["Directory.Build.props", "NuGet.config", "./"]
RUN --mount=type=secret,id=nuget,target=/root/.nuget/token \
    dotnet restore "./Service/Service.csproj" -a $TARGETARCH

COPY . .
WORKDIR "/src/Service"
RUN dotnet build "./Service.csproj" -a $TARGETARCH -c $BUILD_CONFIGURATION -o /app/build --no-restore

FROM build AS test
WORKDIR /src/Tests
LABEL stage=test
ENV TEST_RESULTS=/results
RUN ["dotnet", "test", "--logger:trx", "--results-directory", "/results"]
CMD ["sleep", "infinity"]

FROM build AS publish
ARG BUILD_CONFIGURATION=Release
ARG TARGETARCH
RUN dotnet publish "./Service.csproj" -a $TARGETARCH -c $BUILD_CONFIGURATION -o /app/publish \
      /p:UseAppHost=false "/p:Version=$VERSION" --no-restore
RUN rm -rf /app/publish/*.pdb; \
    if [ "$BUILD_CONFIGURATION" != "Release" ]; then \
      echo "not for production" > /app/publish/DEBUG; \
    fi

# The windows of the debugger
FROM base AS debug
USER root
RUN apt-get update
RUN apt-get install unzip
RUN curl -sSL https://example.org/vsdbg.sh | bash /dev/stdin -v latest -l /vsdbg
COPY --from=build /src /src
ENTRYPOINT dotnet watch run

FROM base AS final
WORKDIR /app
RUN apt-get update; apt-get install libgdiplus -qq; apt-get clean
RUN addgroup --system --gid 1654 svc && adduser --system --uid 1654 --gid 1654 svc
COPY --from=publish /app/publish .
USER svc:svc
ENV HEALTH_PATH=/health
HEALTHCHECK --interval=15s --retries=5 CMD curl --fail http://localhost:8080$HEALTH_PATH || exit 1
ONBUILD COPY appsettings.json /app/
ONBUILD RUN dotnet Service.dll --check
ENTRYPOINT ["dotnet", "Service.dll"]
