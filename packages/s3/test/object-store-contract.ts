import { randomUUID } from 'node:crypto'
import type { Test } from 'tap'
import type { ObjectStore } from '../src/object-store.js'
import { testCancelling } from './contract/cancelling.js'
import type { ContractOptions } from './contract/fixture.js'
import { testKeys } from './contract/keys.js'
import { testListing } from './contract/listing.js'
import { testMetadata } from './contract/metadata.js'
import { testObjects } from './contract/objects.js'
import { testOverwriting } from './contract/overwriting.js'
import { testReading } from './contract/reading.js'
import { testResuming } from './contract/resuming.js'
import { testSmallObjects } from './contract/small-objects.js'
import { testUploads } from './contract/uploads.js'

export type { ContractOptions } from './contract/fixture.js'

/**
 * What every store, before every kind of server, has to do. It works under a
 * prefix of its own and leaves nothing behind.
 *
 * @param name of the store or the server, for the report
 * @param open a store that may be used until the contract is through
 * @param options what this kind of server is known not to do
 */
export async function objectStoreContract(
  t: Test,
  name: string,
  open: () => Promise<ObjectStore>,
  options: ContractOptions = {},
): Promise<void> {
  await t.test(`${name}: object store contract`, async (t) => {
    const store = await open()
    const prefix = `contract-${randomUUID()}/`
    t.teardown(async () => {
      for await (const upload of store.listUploads(prefix)) {
        await store.abortUpload(upload)
      }
      for await (const { key } of store.list(prefix)) await store.delete(key)
      store.close()
    })
    const cases = {
      objects: testObjects,
      reading: testReading,
      uploads: testUploads,
      resuming: testResuming,
      overwriting: testOverwriting,
      'small objects': testSmallObjects,
      metadata: testMetadata,
      keys: testKeys,
      listing: testListing,
      cancelling: testCancelling,
    }
    for (const [title, run] of Object.entries(cases)) {
      await t.test(title, async (t) => {
        await run(t, { store, prefix: `${prefix}${title}/`, options })
      })
    }
  })
}
