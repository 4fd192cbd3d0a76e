import { makeBucket, NO_SERVER, testServers } from '@z3/fixtures'
import type { Test } from 'tap'
import { S3Store } from '../../src/s3-store.js'
import {
  objectStoreContract,
  type ContractOptions,
} from '../object-store-contract.js'

/**
 * Hold a real server to the contract.
 *
 * @param name of one of the servers that scripts/test starts
 * @param options what this kind of server is known not to do
 */
export async function realServer(
  t: Test,
  name: string,
  options: ContractOptions,
): Promise<void> {
  const server = testServers().find((server) => server.name === name)
  if (!server) {
    void t.skip(`${name}: ${NO_SERVER}`)
    return
  }
  const bucket = await makeBucket(server)
  const store = new S3Store({
    bucket,
    endpoint: server.endpoint,
    credentials: {
      accessKeyId: server.keyId,
      secretAccessKey: server.secret,
    },
    attempts: 3,
    connections: 8,
  })
  await objectStoreContract(t, name, () => Promise.resolve(store), options)
}
