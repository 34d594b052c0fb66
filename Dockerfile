# The page
FROM node:20.20.2-bookworm-slim AS web
WORKDIR /src/web
COPY web/package.json web/package-lock.json web/.npmrc ./
RUN npm ci --no-audit --no-fund
COPY web/ ./
RUN npm run build

# The program, static, with the page inside
FROM golang:1.26.8-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
COPY --from=web /src/web/dist web/dist
ARG VERSION=unknown
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /out/storelink ./cmd/server \
    && mkdir /out/state

# Certificates, time zones and an unprivileged user (65532), nothing else: no shell
FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /out/storelink /storelink
# A volume mounted here takes over the folder's owner. The sandbox keeps its state in it.
COPY --from=build --chown=65532:65532 /out/state /state
EXPOSE 8080 8081
ENTRYPOINT ["/storelink"]
CMD ["serve"]
