# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# steps.sh - read by the scripts beside it (bash): where things are, and steps that show their progress.
# A step's whole output goes to build/log/NAME.log; what failed is shown from its end.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd) || exit 1
build=$top/build
log=$build/log
# shellcheck disable=SC2034
python=/usr/bin/python3	# Debian's, which has numpy and pytest; another may come first in PATH
mkdir -p "$log" || exit 1
export LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1

say() {
	printf '==> %s\n' "$*"
}

die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# Copies lines to the file $1; shows the latest one on a terminal, elsewhere a dot for each 25.
progress() {
	awk -v file="$1" -v tty="$([ -t 1 ] && echo 1)" '
		{ print > file; fflush(file) }
		tty { printf "\r\033[K    %.70s", $0; fflush(); next }
		NR % 25 == 1 { printf "%s.", NR == 1 ? "    " : ""; fflush() }
		END { if (tty) printf "\r\033[K"; else if (NR) print "" }'
}

# step NAME TITLE COMMAND...: runs it without input; returns its status.
step() {
	local name=$1 title=$2 status began=$SECONDS
	shift 2
	say "$title"
	"$@" 2>&1 </dev/null | progress "$log/$name.log"
	status=${PIPESTATUS[0]}
	if [ "$status" -ne 0 ]; then
		printf '    failed with status %s after %s s; the end of %s:\n' "$status" \
			$((SECONDS - began)) "$log/$name.log"
		tail -n "${STEP_TAIL:-40}" "$log/$name.log" | sed 's/^/    | /'
	elif [ $((SECONDS - began)) -gt 1 ]; then
		printf '    %s s\n' $((SECONDS - began))
	fi
	return "$status"
}
