#!/usr/bin/env bash
# Packs the package as it would be published, installs it into an empty folder, and runs the installed programs: compiled
# JavaScript on the right Node, manual pages, and one clear line on a Node that is too old.
set -euo pipefail
cd "$(dirname "$0")/.."
node24="$PWD/node_modules/.bin/node"
work=$(mktemp -d)
trap 'rm -rf "$work" dist' EXIT

npm pack --silent --pack-destination "$work" >/dev/null
mkdir "$work/app"
(
  cd "$work/app"
  npm init -y >/dev/null
  npm install --silent --no-audit --no-fund "$work"/vault-mesh-*.tgz
)
installed="$work/app/node_modules/vault-mesh"
if find "$installed/src" "$installed/cli" "$installed/peer" -name '*.ts' 2>/dev/null | grep -q .; then
  echo 'the package carries TypeScript sources, which Node refuses to run below node_modules' >&2
  exit 1
fi

# Every page that package.json names, so that npm links it where the package is installed for all users.
"$node24" -e '
  const { man } = JSON.parse(require("fs").readFileSync(`${process.argv[1]}/package.json`, "utf8"));
  for (const file of man) require("fs").accessSync(`${process.argv[1]}/${file}`);
  console.log(`installed: ${man.length} manual pages`);
' "$installed"

echo "installed: $("$node24" "$installed/cli/vault.mjs" --version), $("$node24" "$installed/peer/vault-peer.mjs" --version)"
"$node24" "$installed/cli/vault.mjs" help >/dev/null
"$node24" "$installed/cli/vault.mjs" demo "$PWD/docs" >"$work/demo.txt" || { cat "$work/demo.txt"; exit 1; }
echo 'installed: the demo passes'

# A node older than 24.7, when this machine has one, must be told so in one line.
for old in /usr/bin/node /usr/local/bin/node $(type -ap node); do
  [ -x "$old" ] || continue
  if "$old" -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a < 24 || (a === 24 && b < 7) ? 0 : 1)'; then
    if "$old" "$installed/cli/vault.mjs" --version >"$work/out.txt" 2>&1; then
      echo "an old Node ($old) was not refused" >&2
      exit 1
    fi
    [ "$(wc -l <"$work/out.txt")" = 1 ] && grep -q '24' "$work/out.txt" || { cat "$work/out.txt"; exit 1; }
    echo "too old Node is told: $(cat "$work/out.txt")"
    break
  fi
done
