import { cp } from 'node:fs/promises'
import { layOut, tar } from './tree.mjs'

/** The toolkit with Node.js, in one directory, to be unpacked into /usr/local or anywhere. */
export async function makeTarball({ toolkit, runtime, architecture, version, output, work }) {
  const name = `z3-toolkit-${version}-linux-${architecture.node}`
  const parent = `${work}/tarball-${architecture.node}`
  await layOut(`${parent}/${name}`, toolkit, runtime)
  await cp('systemd', `${parent}/${name}/share/z3-toolkit/systemd`, { recursive: true })
  await tar(parent, `${output}/${name}.tar.gz`)
}
