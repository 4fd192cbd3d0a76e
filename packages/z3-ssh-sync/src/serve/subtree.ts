import { checkDatasetName, parseSnapshotName, Z3Error } from '@z3/core'
import { NotAllowed } from './policy.js'

/** Checks of names: each throws NotAllowed unless the name is inside a subtree. */
export interface Subtree {
  /** The dataset of the subtree, or a descendant. */
  readonly dataset: (name: string) => void
  /** A descendant. */
  readonly below: (name: string) => void
  readonly snapshot: (name: string) => void
  readonly bookmark: (name: string) => void
  /** A bookmark that a sync creates: core's `wantedSyncMark`. */
  readonly mark: (name: string) => void
  /** Any of them. */
  readonly any: (name: string) => void
}

const MARK = /^z3-sync-[0-9a-f]{8}-\d{1,20}$/

/**
 * Compare names with a subtree, component by component: tank/backup2 is not in tank/backup. An
 * invalid name, a path or an option is in no subtree.
 */
export function subtreeOf(root: string): Subtree {
  const parts = root.split('/')

  function check(name: string, dataset: string): void {
    try {
      checkDatasetName(dataset)
    } catch (error) {
      if (error instanceof Z3Error) throw noName(name)
      throw error
    }
    // internal to ZFS, as in pool/fs/%recv
    if (name.includes('%')) throw noName(name)
    const found = dataset.split('/')
    if (!parts.every((part, index) => part === found[index])) {
      throw new NotAllowed(`'${name}' is not in '${root}'`)
    }
  }

  const dataset = (name: string): void => {
    check(name, name)
  }
  const snapshot = (name: string): void => {
    try {
      check(name, parseSnapshotName(name).dataset)
    } catch (error) {
      if (error instanceof Z3Error) throw noName(name)
      throw error
    }
  }
  const bookmark = (name: string): void => {
    const [before = '', after, ...more] = name.split('#')
    if (after === undefined || more.length > 0) throw noName(name)
    // bookmark names follow the rules of snapshot names
    snapshot(`${before}@${after}`)
  }
  return {
    dataset,
    snapshot,
    bookmark,
    below: (name) => {
      dataset(name)
      if (name === root) throw new NotAllowed(`'${name}' is not below '${root}'`)
    },
    mark: (name) => {
      bookmark(name)
      if (!MARK.test(name.slice(name.indexOf('#') + 1))) {
        throw new NotAllowed(`'${name}' is not a bookmark of z3-ssh-sync`)
      }
    },
    any: (name) => {
      if (name.includes('@')) snapshot(name)
      else if (name.includes('#')) bookmark(name)
      else dataset(name)
    },
  }
}

function noName(name: string): NotAllowed {
  return new NotAllowed(`'${name}' is not a name`)
}
