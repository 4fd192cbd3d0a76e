import type { ObjectStore } from '@z3/s3'
import t from 'tap'
import { listDatasets } from '../src/store/list-datasets.js'
import { openFakeBucket } from './open-fake-bucket.js'

type Lister = Pick<ObjectStore, 'list'>

const never = new AbortController().signal

void t.test('manifests and records are not listed', async (t) => {
  const { fake, store } = await openFakeBucket(t)
  const listings = async (prefix: string) => {
    const from = fake.requests.length
    const datasets = await listDatasets(store, prefix, never)
    return { datasets, requests: fake.requests.length - from }
  }
  t.strictSame(await listings('p/'), { datasets: [], requests: 2 }, 'to be sure')
  for (let n = 0; n < 1500; n++) fake.put(`p/.z3/tank/a@${String(n)}.json`, '{}')
  for (const name of ['A/x@1', 'tank/a@1', 'tank/a@2', 'tank/a-b@1', 'tank@1', 'no snapshot']) {
    fake.put(`p/${name}`, 'x')
  }
  const datasets = ['A/x', 'tank/a-b', 'tank/a', 'tank']
  t.strictSame(await listings('p/'), { datasets, requests: 1 })

  // what a server does that knows no start-after, and one that takes it for the end
  const ignoring: Lister = { list: (prefix, signal) => store.list(prefix, signal) }
  t.strictSame(await listDatasets(ignoring, 'p/', never), datasets)
  const listsNothing: Lister = {
    list: (prefix, signal, after) => store.list(after === undefined ? prefix : 'nothing/', signal),
  }
  t.strictSame(await listDatasets(listsNothing, 'p/', never), datasets)
})
