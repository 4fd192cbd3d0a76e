export { StreamCheck } from './stream-check.js'
export * from './summary.js'
export { verifyStream } from './verify-stream.js'
