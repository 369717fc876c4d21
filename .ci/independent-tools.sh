#!/usr/bin/env bash
# Programs that know nothing of us and that some tests ask: installs from Debian what is missing, where that can be done, and says which are
# there and what is skipped without the others. Never fails: each such test skips by itself.
set -uo pipefail
# program | Debian package | what it judges
tools='rsync|rsync|the torture tree (test/cli/torture.test.ts)
restic|restic|patterns and lists of files (test/restic)
mount.davfs|davfs2|the mount as a file system (test/cli/mount.test.ts)
cadaver|cadaver|the mount (test/cli/mount.test.ts)
rclone|rclone|the mount (test/cli/mount.test.ts)
groff|groff|manual pages'
missing() { # the packages of programs that are not there
  while IFS='|' read -r program package _; do
    PATH="$PATH:/usr/sbin:/sbin" command -v "$program" >/dev/null || printf '%s\n' "$package"
  done <<<"$tools"
}
absent="$(missing)"
if [ -n "$absent" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  export DEBIAN_FRONTEND=noninteractive
  log="$(mktemp)"
  # All together and within three minutes: where a mirror hangs, the tests run without them.
  timeout 60 apt-get update -qq >"$log" 2>&1 || true
  # shellcheck disable=SC2086 # a list
  timeout 120 apt-get install -y -qq --no-install-recommends $absent >>"$log" 2>&1 ||
    printf 'could not install them: %s\n' "$(grep -m1 '^E:' "$log" | sed -E 's#[a-z]+://[^ ]+#...#g')"
  rm -f "$log"
fi
absent="$(missing)"
while IFS='|' read -r program package judged; do
  if grep -qx "$package" <<<"$absent"; then
    printf 'missing  %-12s skipped: what it says of %s\n' "$program" "$judged"
  else
    printf 'there    %-12s\n' "$program"
  fi
done <<<"$tools"
exit 0
