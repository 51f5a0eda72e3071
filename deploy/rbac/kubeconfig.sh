#!/bin/sh
# Writes a kubeconfig of the account kurator-ui to standard output: address and CA of kubectl's current context (or of
# the context given), and the account's own token. Treat it like a password.
set -eu
context=${1:-$(kubectl config current-context)}
of_context() { kubectl config view --raw --minify --flatten --context "$context" -o "jsonpath={.clusters[0].cluster.$1}"; }
of_secret() { kubectl --context "$context" -n kurator-ui get secret kurator-ui-token -o "jsonpath={.data.$1}"; }
server=$(of_context server)
ca=$(of_secret 'ca\.crt')
token=$(of_secret token | base64 -d)
[ -n "$token" ] || { echo "The Secret kurator-ui-token has no token yet." >&2; exit 1; }
cat <<KUBECONFIG
apiVersion: v1
kind: Config
current-context: kurator-ui
contexts:
  - {name: kurator-ui, context: {cluster: "$context", user: kurator-ui}}
clusters:
  - {name: "$context", cluster: {server: "$server", certificate-authority-data: "$ca"}}
users:
  - {name: kurator-ui, user: {token: "$token"}}
KUBECONFIG
