import t from 'tap'
import { FileStore } from '../src/file-store.js'
import { objectStoreContract } from './object-store-contract.js'

await objectStoreContract(t, 'files', () =>
  Promise.resolve(new FileStore(t.testdir())),
)
