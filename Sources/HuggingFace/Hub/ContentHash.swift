import Files

/// The hash by which the hub announces a file's contents, fed while they come.
struct ContentHash: Sendable {
  /// How the hub names contents.
  enum Kind: Sendable, Equatable {
    /// The SHA-256 of the contents: large files.
    case sha256
    /// Git's name of a blob: the SHA-1 of `blob LENGTH`, a zero byte and the contents; the SHA-256
    /// of the same in repositories of git's newer format.
    case gitBlob(isSHA256: Bool)

    /// As messages call it.
    var name: String { self == .sha256 ? "SHA-256" : "git blob id" }
  }

  private enum State: Sendable {
    case sha1(SHA1)
    case sha256(SHA256)
  }

  private var state: State

  /// A hash of nothing yet.
  ///
  /// - Parameter byteCount: the length of the whole contents, which git's names begin with.
  init(_ kind: Kind, byteCount: Int) {
    switch kind {
    case .sha256: state = .sha256(SHA256())
    case .gitBlob(let isSHA256):
      state = isSHA256 ? .sha256(SHA256()) : .sha1(SHA1())
      update((Array("blob \(byteCount)".utf8) + [0]).span)
    }
  }

  /// Takes in more bytes.
  mutating func update(_ bytes: Span<UInt8>) {
    switch state {
    case .sha1(var hash):
      hash.update(bytes)
      state = .sha1(hash)
    case .sha256(var hash):
      state = .sha1(SHA1())  // One owner of the bytes that wait, so that they are not copied.
      hash.update(bytes)
      state = .sha256(hash)
    }
  }

  /// The digest in lower-case hexadecimal digits. The value must not be used any more.
  mutating func finish() -> String {
    switch state {
    case .sha1(var hash): SHA256.hexadecimal(hash.finish())
    case .sha256(var hash): SHA256.hexadecimal(hash.finish())
    }
  }
}
