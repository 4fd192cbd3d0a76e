import { formatSshTarget, localHost, sshHost, type Host, type SshTarget } from '@z3/zfs'

/** Hosts that are connected to once each, and closed together. */
export class Hosts {
  readonly #config: string | undefined
  readonly #here: Parameters<typeof sshHost>[2]
  readonly #hosts = new Map<string, Promise<Host>>()

  constructor(config: string | undefined, here: Parameters<typeof sshHost>[2]) {
    this.#config = config
    this.#here = here
  }

  /**
   * @param target undefined: this host
   * @throws Z3Error as sshHost
   */
  open(target: SshTarget | undefined): Promise<Host> {
    const name = target ? formatSshTarget(target) : ''
    const open =
      this.#hosts.get(name) ??
      (target
        ? sshHost(target, { config: this.#config }, this.#here)
        : Promise.resolve(localHost(this.#here)))
    this.#hosts.set(name, open)
    return open
  }

  async close(): Promise<void> {
    for (const opening of this.#hosts.values()) {
      // what could not be opened has said so, and has nothing to close
      const host = await opening.catch(() => undefined)
      await host?.close()
    }
  }
}
