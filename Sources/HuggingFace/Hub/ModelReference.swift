import Foundation

/// What a user names as a model: a folder or a GGUF file, or a repository of the hub.
package enum ModelReference: Sendable, Equatable {
  /// A folder or file of this machine, and which GGUF file of a folder.
  case folder(URL, GGUFChoice)
  /// A repository of the hub, and which GGUF file of it.
  case repository(HubRepository, GGUFChoice)

  /// Reads what stands behind `--model`: an existing folder or file, or `org/name` with an optional
  /// `@revision`; behind a folder or repository also `:NAME`, a part of the name of a GGUF file.
  ///
  /// - Throws: where the text is neither.
  package init(_ text: String) throws(HubError) {
    if FileManager.default.fileExists(atPath: text) {
      self = .folder(URL(fileURLWithPath: text), GGUFChoice(nil))
      return
    }
    var (place, words) = (Substring(text), String?.none)
    if let colon = text.lastIndex(of: ":") {
      place = text[..<colon]
      words = String(text[text.index(after: colon)...])
    }
    let isName = words.map { Self.isPartOfName($0) } ?? true
    if isName, words != nil, FileManager.default.fileExists(atPath: String(place)) {
      self = .folder(URL(fileURLWithPath: String(place)), GGUFChoice(words))
    } else if isName, !place.lowercased().hasSuffix(".gguf"),
      let repository = HubRepository(String(place))
    {
      self = .repository(repository, GGUFChoice(words))
    } else {
      throw .notAModel(text)
    }
  }

  /// Which GGUF file is meant.
  package var choice: GGUFChoice {
    switch self {
    case .folder(_, let choice), .repository(_, let choice): choice
    }
  }

  /// Whether a text can be a part of a file's path below a folder: that of an address cannot.
  private static func isPartOfName(_ text: String) -> Bool {
    !text.isEmpty && !text.hasPrefix("/")
      && text.utf8.allSatisfy { byte in
        switch Unicode.Scalar(byte) {
        case "a"..."z", "A"..."Z", "0"..."9", "-", "_", ".", "/", "+": true
        default: false
        }
      }
  }
}

/// A repository of the hub at one revision.
package struct HubRepository: Sendable, Equatable {
  /// The identifier: `org/name`, or `name` for the oldest models.
  package let identifier: String

  /// A branch, a tag or a commit.
  package let revision: String

  /// Reads `org/name[@revision]`; the revision is `main` where none is given. Nil where the text
  /// cannot be a name on the hub: letters, digits, `-`, `_` and `.`, at most one `/`, and the rules
  /// of `validate_repo_id` in huggingface_hub. A name without `org` begins with a letter, as those
  /// of the oldest models do, and is neither a number nor a truth value (`model: true` in a
  /// configuration).
  package init?(_ text: String) {
    let halves = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    let parts = halves[0].split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count <= 2, parts.allSatisfy({ Self.isName($0) }), !halves[0].hasSuffix(".git"),
      parts.count == 2 || Self.isOldName(parts[0])
    else { return nil }
    identifier = String(halves[0])
    revision = halves.count == 2 ? String(halves[1]) : "main"
    guard Self.isRevision(revision) else { return nil }
  }

  private init(_ identifier: String, at revision: String) {
    self.identifier = identifier
    self.revision = revision
  }

  /// The same repository at a commit.
  func at(_ commit: String) -> HubRepository { HubRepository(identifier, at: commit) }

  /// Whether the revision is a whole commit: 40 hexadecimal digits.
  package var isCommit: Bool {
    revision.utf8.count == 40 && revision.allSatisfy { $0.isHexDigit && $0.isASCII }
  }

  /// The name of the repository's folder in a cache: `models--org--name`.
  package var folderName: String {
    "models--" + identifier.replacing("/", with: "--")
  }

  private static func isName(_ text: Substring) -> Bool {
    let isPlain = text.utf8.allSatisfy { byte in
      switch Unicode.Scalar(byte) {
      case "a"..."z", "A"..."Z", "0"..."9", "-", "_", ".": true
      default: false
      }
    }
    return isPlain && (1...96).contains(text.utf8.count)
      && !["-", "."].contains { text.hasPrefix($0) || text.hasSuffix($0) }
      && !text.contains("..") && !text.contains("--")
  }

  private static func isOldName(_ text: Substring) -> Bool {
    let isWord = ["true", "false", "yes", "no", "on", "off", "null"].contains(text.lowercased())
    return text.first?.isLetter ?? false && !isWord && Double(text) == nil
  }

  /// A revision becomes a path below `refs`, so it may hold `/` but cannot lead out of it.
  private static func isRevision(_ text: String) -> Bool {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    return parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
      && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
  }
}

extension HubRepository: CustomStringConvertible {
  /// As a user writes it: `org/name`, with `@revision` unless that is `main`.
  package var description: String {
    revision == "main" ? identifier : "\(identifier)@\(revision)"
  }
}
