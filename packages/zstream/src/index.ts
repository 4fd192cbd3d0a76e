export * from './summary.js'
export { verifyStream } from './verify-stream.js'
