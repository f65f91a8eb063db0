/// What the hub has in a repository at one revision.
struct HubListing {
  /// One file of a repository.
  struct File {
    /// The path inside the repository.
    let name: String
    /// The length in bytes.
    let byteCount: Int
    /// The name of the contents in a cache: their SHA-256 where ``hasSHA256``, else git's name of
    /// the blob.
    let blob: String
    /// Whether ``blob`` is the SHA-256 of the contents, as for all large files.
    let hasSHA256: Bool
  }

  /// The commit that the revision stands for.
  let commit: String

  /// The files under their names.
  let files: [String: File]

  /// Reads the answer to `/api/models/ID/revision/REVISION?blobs=true`.
  init(_ json: JSONValue) throws(JSONValueError) {
    commit = try json.required("sha")
    guard Self.isHexadecimal(commit, digits: [40]) else {
      throw json.failure(expected: "a commit", found: "\"\(commit)\"", at: "sha")
    }
    let siblings: [JSONValue] = try json.required("siblings")
    var files: [String: File] = [:]
    for sibling in siblings {
      let name: String = try sibling.required("rfilename")
      guard Checkpoint.isInside(name) else {
        throw sibling.failure(
          expected: "a path inside the repository", found: "\"\(name)\"", at: "rfilename")
      }
      let large: JSONValue? = try sibling.optional("lfs")
      let blob: String =
        if let large { try large.required("sha256") } else { try sibling.required("blobId") }
      guard Self.isHexadecimal(blob, digits: large == nil ? [40, 64] : [64]) else {
        throw sibling.failure(expected: "a hexadecimal hash", found: "\"\(blob)\"")
      }
      let byteCount: Int =
        if let large { try large.required("size") } else { try sibling.required("size") }
      files[name] = File(
        name: name, byteCount: byteCount, blob: blob, hasSHA256: large != nil)
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
