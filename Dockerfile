FROM node:22-slim AS web
WORKDIR /web
COPY web/package.json web/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY web/ ./
RUN npm run build

FROM python:3.13-slim
ENV PYTHONUNBUFFERED=1
WORKDIR /app
COPY requirements.txt ./
RUN pip install --no-cache-dir --disable-pip-version-check -r requirements.txt
COPY server.py ./
COPY config/ config/
COPY handlers/ handlers/
COPY models/ models/
COPY realtime/ realtime/
COPY schemas/ schemas/
COPY --from=web /web/dist/ web/dist/
RUN useradd --system --uid 10001 soundroom && install --directory --owner=soundroom /data
USER 10001
# The secrets come from outside: without them the server refuses to start in production.
ENV ENVIRONMENT=production HOST=0.0.0.0 PORT=8080 DATA_DIR=/data LOG_FORMAT=json
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/health', timeout=4)"]
CMD ["python", "server.py"]
