/** One stored file. */
export interface StoreEntry {
  /** Relative to the store's root, `/` between folders. */
  path: string
  bytes: number
}

/** A file being written. It is not visible under its name before `close` returns. */
export interface StoreWriter {
  write(chunk: Uint8Array): Promise<void>
  /** Makes the file durable and visible, whole, replacing one of that name. */
  close(): Promise<{ bytes: number; sha256: string }>
  /** Leaves nothing behind. */
  abort(): Promise<void>
}

/**
 * Files under one root: a folder, later an S3 prefix.
 *
 * Paths are relative, use `/` and never climb. Every method throws `PL_STORE_FULL`, `PL_STORE_DENIED` or
 * `PL_STORE_IO`; reading what is not there throws `PL_NOT_FOUND`.
 */
export interface Store {
  /** Where it is, for messages and reports. */
  readonly root: string
  /** A store whose root is a folder of this one. */
  at(path: string): Store
  read(path: string): Promise<Buffer>
  /** `length` bytes from `offset`; fewer only at the end of the file. */
  readRange(path: string, offset: number, length: number): Promise<Buffer>
  size(path: string): Promise<number>
  exists(path: string): Promise<boolean>
  /** Creates the file, durable and whole, unless one of that name is there: then false, and nothing changes. */
  createOnce(path: string, bytes: Uint8Array | string): Promise<boolean>
  /** Writes the file, durable and whole, replacing one of that name in one step. */
  replace(path: string, bytes: Uint8Array | string): Promise<void>
  writer(path: string): Promise<StoreWriter>
  /** Gives a file a second name, durable, without writing its bytes again; a file of that name stays as it is. */
  link(path: string, to: string): Promise<void>
  /** Every file below a folder, in the order of their paths. A folder that is not there holds none. */
  list(folder?: string): AsyncIterable<StoreEntry>
  /** Names of the folders directly below a folder, in order. */
  folders(folder?: string): Promise<string[]>
  /** Removes a file, or every file below a folder; what is not there is no error. */
  remove(path: string): Promise<void>
  /** A local path of the file for tools that need one (DuckDB, sharp): itself, or a URL the tool understands. */
  locate(path: string): string
}
