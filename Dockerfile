# One image, two entry points: `aldis bot` and `aldis relay`.
#
#   docker build -t aldis .
#   docker run aldis bot
#   docker run aldis relay
ARG BASE=node:24-bookworm-slim

FROM ${BASE} AS build
WORKDIR /src
COPY package.json package-lock.json tsconfig.json tsconfig.build.json ./
RUN npm ci --ignore-scripts --omit=optional
COPY bot bot
COPY relay relay
RUN npx tsc -p tsconfig.build.json

FROM ${BASE}
ENV NODE_ENV=production ALDIS_DATA_DIR=/var/lib/aldis ALDIS_API_ADDRESS=0.0.0.0:4000
WORKDIR /opt/aldis
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --omit=optional --ignore-scripts && npm cache clean --force
COPY --from=build /src/dist dist
COPY bundles bundles
COPY migrations migrations
RUN mkdir -p /var/lib/aldis && chown 65532:65532 /var/lib/aldis
USER 65532:65532
VOLUME /var/lib/aldis
EXPOSE 4000
ENTRYPOINT ["node", "/opt/aldis/dist/bot/cli/aldis.js"]
CMD ["bot"]
