#!/bin/sh
# Makes a large CSV of COPIES times the rows of BIG: large.sh BIG LARGE COPIES
set -eu
head -n 1 "$1" > "$2"
for _ in $(seq "$3"); do tail -n +2 "$1" >> "$2"; done
