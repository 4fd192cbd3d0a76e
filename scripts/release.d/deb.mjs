import { execFile } from 'node:child_process'
import { chmod, cp, mkdir, rename, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { layOut } from './tree.mjs'

/** The fields are those of deb-control(5). Node.js comes along, since Debian 12 has 18. */
const control = (version, architecture) => `Package: z3-toolkit
Version: ${version}
Architecture: ${architecture}
Maintainer: the z3 maintainers <maintainers@users.noreply.github.com>
Section: admin
Priority: optional
Depends: libc6 (>= 2.28), libstdc++6 (>= 9)
Recommends: pigz, zstd, openssh-client
Suggests: zfsutils-linux, age, gnupg, lz4, mbuffer, pv
Description: ZFS snapshots to S3 and to third hosts
 Small programs for pipes, cron and the worst day: pput and z3-get for streams
 to and from S3, z3 for backup, status and restore, z3-ssh-sync and
 z3-autobackup for other hosts, z3-snap and z3-thin for snapshots,
 zstream-verify and z3-check for checksums. They bring a Node.js of their own.
`

const reload = `#!/bin/sh
set -e
if [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
`

/** A Debian package. The configuration is a conffile: an upgrade and a removal leave it alone, a purge takes it. */
export async function makeDeb({ toolkit, runtime, architecture, version, output, work }) {
  const root = `${work}/deb-${architecture.debian}`
  await layOut(`${root}/usr`, toolkit, runtime)
  // where Debian's zsh looks
  const zsh = `${root}/usr/share/zsh`
  await rename(`${zsh}/site-functions`, `${zsh}/vendor-completions`)
  await cp('systemd', `${root}/usr/lib/systemd/system`, { recursive: true })
  await mkdir(`${root}/etc/z3_backup`, { recursive: true })
  await cp('fixtures/sample.conf', `${root}/etc/z3_backup/z3.conf`)
  // it is where people put their keys
  await chmod(`${root}/etc/z3_backup/z3.conf`, 0o600)
  await writeFile(
    `${root}/usr/share/doc/z3-toolkit/copyright`,
    'The toolkit: Apache-2.0, see LICENSE and /usr/share/common-licenses/Apache-2.0.\nWhat it bundles: LICENSE.third-party. Node.js: LICENSE.node.\n',
  )
  await mkdir(`${root}/DEBIAN`)
  await writeFile(`${root}/DEBIAN/control`, control(version, architecture.debian))
  await writeFile(`${root}/DEBIAN/conffiles`, '/etc/z3_backup/z3.conf\n')
  for (const script of ['postinst', 'postrm']) {
    await writeFile(`${root}/DEBIAN/${script}`, reload)
    await chmod(`${root}/DEBIAN/${script}`, 0o755)
  }
  // heeds SOURCE_DATE_EPOCH
  await promisify(execFile)('dpkg-deb', [
    ...['--root-owner-group', '-Zxz', '-z2', '--threads-max=1', '--build', root],
    `${output}/z3-toolkit_${version}_${architecture.debian}.deb`,
  ])
}
