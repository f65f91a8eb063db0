import JSON

/// What the hub has in a repository at one revision.
struct HubListing {
  /// One file of a repository.
  struct File {
    /// The path inside the repository.
    let name: String
    /// The length in bytes.
    let byteCount: Int
    /// The name of the contents in a cache: their hash.
    let blob: String
    /// What ``blob`` is the hash of.
    let hash: ContentHash.Kind
  }

  /// No file is longer, in bytes: 1 TiB, twice what the hub takes.
  private static let byteLimit = 1 << 40

  /// The commit of the revision.
  let commit: String

  /// The files under their names.
  let files: [String: File]

  /// Reads the answer to `/api/models/ID/revision/REVISION?blobs=true`.
  init(_ json: JSONNode) throws(JSONReadingError) {
    commit = try json.required("sha")
    guard Self.isHexadecimal(commit, digits: [40]) else {
      throw json.failure(expected: "a commit", found: "\"\(commit)\"", at: "sha")
    }
    let siblings: [JSONNode] = try json.required("siblings")
    var files: [String: File] = [:]
    for sibling in siblings {
      let name: String = try sibling.required("rfilename")
      guard Checkpoint.isInside(name) else {
        throw sibling.failure(
          expected: "a path inside the repository", found: "\"\(name)\"", at: "rfilename")
      }
      let large: JSONNode? = try sibling.optional("lfs")
      let blob: String =
        if let large { try large.required("sha256") } else { try sibling.required("blobId") }
      guard Self.isHexadecimal(blob, digits: large == nil ? [40, 64] : [64]) else {
        throw sibling.failure(expected: "a hexadecimal hash", found: "\"\(blob)\"")
      }
      let byteCount: Int =
        if let large { try large.required("size") } else { try sibling.required("size") }
      guard (0...Self.byteLimit).contains(byteCount) else {
        throw sibling.failure(
          expected: "a size of 0 to \(Self.byteLimit) bytes", found: "\(byteCount)", at: "size")
      }
      files[name] = File(
        name: name, byteCount: byteCount, blob: blob,
        hash: large == nil ? .gitBlob(isSHA256: blob.utf8.count == 64) : .sha256)
    }
    self.files = files
  }

  private static func isHexadecimal(_ text: String, digits: [Int]) -> Bool {
    digits.contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
          || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
      }
  }
}
