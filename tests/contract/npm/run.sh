#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs third-party clients against the sandbox. Skipped (status 0, and it says so) without Node 20.
set -eu
cd "$(dirname "$0")"

version=$(node --version 2>/dev/null || echo none)
case $version in
  v2[0-9].* | v[3-9][0-9].*) ;;
  *) echo "SKIPPED: the npm clients need node 20 or newer; found: $version"; exit 0 ;;
esac
if ! command -v npm >/dev/null; then
  echo "SKIPPED: the npm clients need npm"
  exit 0
fi
npm ci --no-audit --no-fund --ignore-scripts

# A client of X speaks TLS only. The certificate is its own authority, and lives as long as the tests.
made=$(mktemp -d)
trap 'rm -r "$made"' EXIT
export TLS_CERT="$made/cert.pem" TLS_KEY="$made/key.pem" NODE_EXTRA_CA_CERTS="$made/cert.pem"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=localhost \
  -addext subjectAltName=DNS:localhost -keyout "$TLS_KEY" -out "$TLS_CERT" 2>/dev/null
node --test clients.test.js x.test.js
