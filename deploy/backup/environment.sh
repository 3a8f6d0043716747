# Read by deploy/bin/backup and deploy/bin/restore: the variables of deploy/bin/up, so that they find its installation.
root=$(cd "$(dirname "$0")/../.." && pwd)
: "${SECRETS_DIR:=$root/var/compose/secrets}" "${HOST_NAME:=localhost}" "${HTTPS_PORT:=8443}"
: "${PUBLIC_URL:=https://$HOST_NAME:$HTTPS_PORT}" "${HAPROXY_USER:=$(id -u):$(id -g)}"
export SECRETS_DIR HOST_NAME HTTPS_PORT PUBLIC_URL HAPROXY_USER PYTHONPATH="$root"
live=$(sed -n 's/^live web-//p' "$root/deploy/edge/run/live.map" 2>/dev/null || true)
if [ -n "$live" ] && [ -e "$root/deploy/edge/run/$live.env" ]; then
  WEB='' && . "$root/deploy/edge/run/$live.env"
  export WORKER_IMAGE
elif [ -z "${WORKER_IMAGE:-}" ]; then
  export WORKER_IMAGE="${NAME:-localhost/legal-names}-worker:${VERSION:-$(git -C "$root" rev-parse --short=12 HEAD 2>/dev/null || echo latest)}"
fi
if ! docker info >/dev/null 2>&1 && [ -S /run/podman/podman.sock ]; then
  export DOCKER_HOST="${DOCKER_HOST:-unix:///run/podman/podman.sock}"
fi
