# One image, two entry points: `aldis bot` and `aldis relay`.
#
#   docker build -t aldis .
#   docker run aldis bot
#   docker run aldis relay
#
# BASE is any image with Node 22.19 or newer, npm and a shell.
ARG BASE=node:24-bookworm-slim

FROM ${BASE} AS build
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY bot bot
COPY relay relay
RUN npx tsc -p tsconfig.build.json
# What runs needs neither the compiler nor the embedded Postgres of simple mode.
RUN npm prune --omit=dev --omit=optional --ignore-scripts

FROM ${BASE}
ENV NODE_ENV=production ALDIS_DATA_DIR=/var/lib/aldis ALDIS_API_ADDRESS=0.0.0.0:4000
WORKDIR /opt/aldis
COPY package.json ./
COPY --from=build /src/node_modules node_modules
COPY --from=build /src/dist dist
COPY bundles bundles
COPY migrations migrations
RUN mkdir -p /var/lib/aldis && chown 65532:65532 /var/lib/aldis
USER 65532:65532
VOLUME /var/lib/aldis
EXPOSE 4000
ENTRYPOINT ["node", "/opt/aldis/dist/bot/cli/aldis.js"]
CMD ["bot"]
