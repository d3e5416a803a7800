#!/usr/bin/env bash
# One sync of one organization, its state kept between runs: sync.sh FOLDER
#
# FOLDER holds config.json. Beside it this makes catalog.json (from discover, when it is not there: every stream, as it
# syncs best; take out what you do not want), state.json, and rows/<stream>.jsonl, to which each sync appends.
#
# CONNECTOR is the command that runs the connector, FILES the folder as that command sees it. The default is a container
# of IMAGE, locked down. The exit code is the connector's; 75 when another sync of the same folder is under way.
set -euo pipefail

folder=$(cd "${1:?usage: sync.sh FOLDER}" && pwd)
keep=$(cd "$(dirname "$0")" && pwd)/keep.py

if [ -z "${CONNECTOR:-}" ]; then
    FILES=/files
    CONNECTOR="docker run --rm --user $(id -u):$(id -g) --read-only --cap-drop all
        --security-opt no-new-privileges --memory 512m --volume $folder:/files:ro
        ${IMAGE:-airbyte/source-kustomer}"
fi
read -ra connector <<< "${CONNECTOR//$'\n'/ }"
files=${FILES:-$folder}

exec 9> "$folder/.lock"
flock --nonblock 9 || { echo "another sync of $folder is under way" >&2; exit 75; }

if [ ! -e "$folder/catalog.json" ]; then
    "${connector[@]}" discover --config "$files/config.json" | python3 "$keep" catalog "$folder"
fi
state=()
[ ! -e "$folder/state.json" ] || state=(--state "$files/state.json")
"${connector[@]}" read --config "$files/config.json" --catalog "$files/catalog.json" "${state[@]}" |
    python3 "$keep" rows "$folder"
