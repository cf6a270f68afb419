# For scripts that work in stages: `stage NAME COMMAND...` runs a command, and tells its name and the seconds it took.

stage() {
  stage=$1
  local began=$SECONDS
  shift
  echo "== $stage"
  "$@"
  echo "== $stage: $((SECONDS - began)) s"
  stage=''
}

trap '(($? == 0)) || echo "== ${stage:-${0##*/}}: failed" >&2' EXIT
