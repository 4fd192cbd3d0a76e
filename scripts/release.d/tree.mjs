import { execFile } from 'node:child_process'
import { chmod, cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import process from 'node:process'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { programs } from '../lib/bundle-options.mjs'

/** What takes the place of Node's `#!` line where Node comes along. A link to it may be anywhere. */
const wrapper = (program, options) => `#!/bin/sh
self=$(readlink -f -- "$0") || exit 1
lib=\${self%/*}/../lib/z3-toolkit
{ true 3>&1; } 2> /dev/null || export Z3_STDOUT_CLOSED=1
exec "$lib/node"${options} "$lib/bin/${program}.js" "$@"
`

/**
 * Lay the toolkit out below a prefix: bin/, lib/z3-toolkit/ with Node.js, share/man, share/doc, and
 * the completion of three shells in share/.
 *
 * @param {string} prefix For example `…/usr`.
 */
export async function layOut(prefix, toolkit, runtime) {
  const lib = `${prefix}/lib/z3-toolkit`
  const doc = `${prefix}/share/doc/z3-toolkit`
  const man = `${prefix}/share/man/man1`
  for (const directory of [`${prefix}/bin`, lib, doc, man])
    await mkdir(directory, { recursive: true })
  for (const part of ['bin', 'lib', 'package.json'])
    await cp(`${toolkit}/${part}`, `${lib}/${part}`, { recursive: true })
  await cp(`${runtime}/bin/node`, `${lib}/node`)
  await cp(`${runtime}/LICENSE`, `${doc}/LICENSE.node`)
  for (const file of ['README.md', 'CHANGELOG.md', 'LICENSE', 'LICENSE.third-party', 'sample.conf'])
    await cp(`${toolkit}/${file}`, `${doc}/${file}`)
  await layOutCompletions(`${prefix}/share`, `${toolkit}/lib`)
  for (const [program, older] of Object.entries(programs)) {
    const launcher = await readFile(`${toolkit}/bin/${program}.js`, 'utf8')
    const options = /exec node(.*) "\$0"/.exec(launcher)[1]
    await writeFile(`${prefix}/bin/${program}`, wrapper(program, options))
    await chmod(`${prefix}/bin/${program}`, 0o755)
    const manual = gzipSync(await readFile(`${toolkit}/man/${program}.1`), { level: 9 })
    await writeFile(`${man}/${program}.1.gz`, manual)
    for (const name of older) {
      await symlink(program, `${prefix}/bin/${name}`)
      await symlink(`${program}.1.gz`, `${man}/${name}.1.gz`)
    }
  }
}

/** Completion scripts where the shells look for them: bash and fish by the name of the program. */
async function layOutCompletions(share, lib) {
  const [bash, zsh, fish] = [
    `${share}/bash-completion/completions`,
    `${share}/zsh/site-functions`,
    `${share}/fish/vendor_completions.d`,
  ]
  for (const directory of [bash, zsh, fish]) await mkdir(directory, { recursive: true })
  await cp(`${lib}/completion.bash`, `${bash}/z3`)
  await cp(`${lib}/completion.zsh`, `${zsh}/_z3`)
  await cp(`${lib}/completion.fish`, `${fish}/z3.fish`)
  for (const name of Object.entries(programs).flat(2)) {
    if (name === 'z3') continue
    await symlink('z3', `${bash}/${name}`)
    await symlink('z3.fish', `${fish}/${name}.fish`)
  }
}

/** A tar of a directory's entries, without anything of the machine or the moment that made it. */
export async function tar(directory, file) {
  const entries = (await readdir(directory)).sort()
  await promisify(execFile)('tar', [
    ...['--create', '--file', file, '--directory', directory, '--format', 'gnu', '--sort', 'name'],
    ...['--mtime', `@${process.env['SOURCE_DATE_EPOCH']}`, '--owner', '0', '--group', '0'],
    ...[
      '--numeric-owner',
      '--mode',
      'u=rwX,go=rX',
      '--use-compress-program',
      'gzip -9n',
      ...entries,
    ],
  ])
}
