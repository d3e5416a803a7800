#!/usr/bin/env bash
# One sync of one organization, its state kept between runs: sync.sh FOLDER [COMMAND …]
#
# FOLDER holds config.json and belongs to the user who runs this; only that user can enter it afterwards. Next to it this
# makes catalog.json (from discover, when it is missing: every stream, as it syncs best; take out what you do not want),
# state.json, and rows/<stream>.jsonl, to which each sync appends.
#
# The connector runs in a container of IMAGE, locked down, which sees config.json, catalog.json and state.json and nothing
# else of the folder. COMMAND runs it in another way; FILES is then the folder as that command sees it. The exit code is
# the connector's; 75 when another sync of the same folder is running.
set -euo pipefail
umask 077

IMAGE=${IMAGE:-localhost/source-kustomer:0.1.0}
[ $# -gt 0 ] || { echo "usage: sync.sh FOLDER [COMMAND …]" >&2; exit 64; }
folder=$(CDPATH='' cd -- "$1" && pwd -P)
keep=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)/keep.py
command=("${@:2}")
files=${FILES:-$folder}

if [ ${#command[@]} = 0 ]; then
    files=/files
    case $folder in # which the engine's --mount would read as the end of a value
    *[,\"]* | *$'\n'*) echo "The name of $folder has a comma, a quote or a line break: rename it." >&2; exit 64 ;;
    esac
fi
chmod 700 -- "$folder"
[ ! -L "$folder/.lock" ] || { echo "$folder/.lock is a symbolic link: remove it." >&2; exit 64; }

exec 9>> "$folder/.lock"
flock --nonblock --conflict-exit-code 75 9 || {
    code=$?
    [ $code != 75 ] || echo "Another sync of $folder is running." >&2
    exit $code
}

# connector COMMAND NAME…: run a command of the connector with the files NAME.json of the folder, read-only.
connector() {
    local arguments=("$1") mounts=() name
    for name in "${@:2}"; do
        arguments+=("--$name" "$files/$name.json")
        mounts+=(--mount "type=bind,source=$folder/$name.json,target=/files/$name.json,readonly")
    done
    if [ ${#command[@]} -gt 0 ]; then
        "${command[@]}" "${arguments[@]}"
    else
        docker run --rm --user "$(id -u):$(id -g)" --read-only --cap-drop all --security-opt no-new-privileges \
            --memory 512m "${mounts[@]}" "$IMAGE" "${arguments[@]}"
    fi
}

[ -e "$folder/catalog.json" ] || connector discover config | python3 "$keep" catalog "$folder"
python3 "$keep" prepare "$folder"
state=()
[ ! -e "$folder/state.json" ] || state=(state)
connector read config catalog "${state[@]}" | python3 "$keep" rows "$folder"
