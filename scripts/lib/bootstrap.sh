# shellcheck shell=bash
# What the demo, the tests and the benchmark need before they begin: Node, pnpm, packages, a build.
# Sourced; the caller stands in the root of the checkout.

say() { printf '%s\n' "$*" >&2; }
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

need_root() { [ "$(id -u)" = 0 ] || die "root is needed for $1; run it with sudo"; }

need_node() {
  command -v node > /dev/null || die 'node is missing; install Node.js 20.19 or later, with npm'
  node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' ||
    die "node $(node --version) is too old; install Node.js 20.19 or later"
}

# need_commands COMMAND=PACKAGE...: install the packages whose command is missing
need_commands() {
  local pair missing=()
  for pair in "$@"; do
    command -v "${pair%%=*}" > /dev/null || missing+=("${pair#*=}")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  need_root "installing ${missing[*]}"
  say "installing ${missing[*]} with apt-get"
  apt_install "${missing[@]}" || { apt-get -qq update && apt_install "${missing[@]}"; } ||
    die "apt-get could not install ${missing[*]}; see above"
}

apt_install() {
  DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 \
    install --no-install-recommends "$@" > /dev/null
}

# pnpm of the version that package.json names: the machine's own, else one in the cache
need_pnpm() {
  local want have dir
  want=$(node -p 'require("./package.json").packageManager.split("@")[1]')
  have=$(pnpm --version 2> /dev/null || :)
  [ "${have%%.*}" = "${want%%.*}" ] && return 0
  dir=${Z3_TEST_CACHE:-/var/cache/z3-test}/pnpm-$want
  [ -w "$(dirname "$dir")" ] || mkdir -p "$dir" 2> /dev/null || dir=${XDG_CACHE_HOME:-$HOME/.cache}/z3-test/pnpm-$want
  if [ ! -x "$dir/node_modules/.bin/pnpm" ]; then
    command -v npm > /dev/null || die 'npm is missing; it comes with Node.js'
    say "fetching pnpm $want"
    mkdir -p "$dir"
    npm install --silent --no-audit --no-fund --prefix "$dir" "pnpm@$want" >&2 || die 'npm could not fetch pnpm'
  fi
  export PATH=$dir/node_modules/.bin:$PATH
}

# dependencies and binaries; what was built stays built
build_toolkit() {
  need_node
  need_pnpm
  # CI: never ask; a store that moved with HOME is no question
  CI=true quietly pnpm install --frozen-lockfile || die 'pnpm install failed'
  quietly pnpm build || die 'pnpm build failed'
}

# show what a command prints only if it fails
quietly() {
  local output
  output=$("$@" 2>&1) || { printf '%s\n' "$output" >&2; return 1; }
}

# node_from_npm MAJOR: print the directory of a node of that line, from npm's package `node`
node_from_npm() {
  local dir=${Z3_TEST_CACHE:-/var/cache/z3-test}/node-$1
  local bin=$dir/node_modules/node/bin
  # it is fetched by a script of the package, so look at what came of it
  if ! "$bin/node" --version > /dev/null 2>&1; then
    say "fetching node $1"
    rm -rf "$dir"
    mkdir -p "$dir"
    npm install --silent --no-audit --no-fund --prefix "$dir" "node@$1" >&2 || die "npm could not fetch node@$1"
    "$bin/node" --version > /dev/null || die "node $1 from npm does not run; does npm run install scripts?"
  fi
  printf '%s' "$bin"
}
