import type { Fault } from '@z3/fixtures'
import type { Phase, World } from './run-case.js'

/** One thing that goes wrong with a request. */
export interface Kind {
  readonly name: string
  readonly make: (world: World) => Fault
  /** Another attempt finds all well. */
  readonly passes: boolean
  readonly stalls?: true
  /** Where it can happen; nowhere else. Default: everywhere. */
  readonly only?: readonly Phase[]
}

const fixed = (name: string, fault: Fault, passes: boolean, only?: readonly Phase[]): Kind => ({
  name,
  make: () => fault,
  passes,
  ...(only ? { only } : {}),
})

const CHANGES = [
  'CreateMultipartUpload',
  'UploadPart',
  'CompleteMultipartUpload',
  'AbortMultipartUpload',
] as const

const HAS_XML = [
  'CreateMultipartUpload',
  'CompleteMultipartUpload',
  'ListMultipartUploads',
] as const

/** What can go wrong with any request. */
export const KINDS: readonly Kind[] = [
  fixed('reset', { reset: 'before' }, true),
  fixed('a lost reply', { reset: 'after' }, true, CHANGES),
  { name: 'reset, and done later', make: late({ reset: 'after' }), passes: true, only: CHANGES },
  fixed('503 SlowDown', { status: 503, code: 'SlowDown' }, true),
  fixed('429', { status: 429, code: 'TooManyRequests' }, true),
  fixed('500', { status: 500, code: 'InternalError' }, true),
  fixed('500 after the deed', { status: 500, code: 'InternalError', done: true }, true, CHANGES),
  fixed('502 of a proxy', { status: 502 }, true),
  fixed('504 after the deed', { status: 504, done: true }, true, CHANGES),
  { name: '504, and done later', make: late({ status: 504 }), passes: true, only: CHANGES },
  { name: 'silence', make: () => ({ stall: true }), passes: false, stalls: true },
  fixed('400', { status: 400, code: 'InvalidRequest' }, false),
  // of a Create it is the server's word that nothing was begun
  fixed('400 after the deed', { status: 400, code: 'InvalidRequest', done: true }, false, [
    'UploadPart',
    'CompleteMultipartUpload',
    'AbortMultipartUpload',
  ]),
  fixed('403', { status: 403, code: 'AccessDenied' }, false),
  fixed('403 of a proxy after the deed', { status: 403, done: true }, false, CHANGES),
  fixed('404', { status: 404, code: 'NoSuchUpload' }, false, [
    'UploadPart',
    'CompleteMultipartUpload',
  ]),
  fixed('404 of a proxy', { status: 404 }, false),
  fixed('404 NoSuchKey', { status: 404, code: 'NoSuchKey' }, false, ['look', 'check']),
  fixed('404 NoSuchBucket', { status: 404, code: 'NoSuchBucket' }, false),
  fixed('409', { status: 409, code: 'OperationAborted' }, true),
  fixed('409 conflict', { status: 409, code: 'ConditionalRequestConflict' }, false, CHANGES),
  fixed('412', { status: 412, code: 'PreconditionFailed' }, false),
  fixed('501', { status: 501, code: 'NotImplemented' }, false, CHANGES),
  fixed('an error in a 200', { error200: 'InternalError' }, false, HAS_XML),
  fixed('broken XML', { garbled: '<?xml version="1.0"?><Unfinished' }, false, HAS_XML),
  fixed('a page of HTML', { garbled: '<html><body>Welcome</body></html>' }, false, HAS_XML),
  fixed('an empty answer', { garbled: '' }, false, HAS_XML),
  fixed('an empty 200, nothing done', { status: 200 }, false, CHANGES),
  fixed('a page of HTML, nothing done', { status: 200, garbled: '<html></html>' }, false, HAS_XML),
  fixed('no ETag', { headers: { etag: null } }, false, ['UploadPart', 'check']),
]

function late(fault: Fault): (world: World) => Fault {
  return ({ ended }) => ({ ...fault, later: ended })
}

const other = { 'x-amz-meta-upload-nonce': null, 'x-amz-meta-run': 'old', etag: '"old"' }

/** What a look behind Complete can get. */
export const CHECKS: readonly Kind[] = [
  fixed('no Content-Length', { contentLength: null }, true),
  fixed('a Content-Length of 0', { contentLength: 0 }, true),
  fixed('a short Content-Length', { contentLength: 3 }, true),
  fixed('a large Content-Length', { contentLength: 1e9 }, true),
  fixed('no nonce', { headers: { 'x-amz-meta-upload-nonce': null } }, true),
  fixed('neither nonce nor ETag', { headers: { ...other, etag: null } }, true),
  fixed('a foreign ETag', { headers: { etag: '"0123"' } }, true),
  fixed('a foreign ETag, no nonce', { headers: { ...other, etag: '"0123"' } }, true),
  fixed('the old object', { headers: { ...other, 'content-length': '11' } }, true),
]
